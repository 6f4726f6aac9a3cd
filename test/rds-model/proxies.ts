import type { Region } from './model.ts'
import type { Value } from './wire.ts'

/** Proxies by name, or all. */
export function proxiesOf(region: Region, name: unknown): Value {
  const found = [...region.proxies.keys()].filter((one) => name === undefined || one === name)
  if (name !== undefined && found.length === 0) throw region.fault('DBProxyNotFoundFault', 'DBProxy not found.')
  const shown = (one: string) => ({ DBProxyName: one, DBProxyArn: region.arn('db-proxy', one), Status: 'available' })
  return { DBProxies: found.map(shown) }
}

/** A proxy has one target group, called default, with one instance in it (UserGuide, rds-proxy). */
export function register(
  region: Region,
  name: string,
  verb: 'describe' | 'register' | 'deregister',
  identifiers: string[],
): Value {
  const targets = region.proxies.get(name)
  if (!targets) throw region.fault('DBProxyNotFoundFault', `DBProxy ${name} not found.`)
  for (const identifier of identifiers) {
    const { resourceId } = region.named(identifier)
    const at = targets.findIndex((target) => target.resourceId === resourceId)
    if (verb === 'deregister') {
      if (at < 0) throw region.fault('DBProxyTargetNotFoundFault', `${identifier} is not registered.`)
      targets.splice(at, 1)
    } else if (at >= 0 || targets.length > 0)
      throw region.fault('DBProxyTargetAlreadyRegisteredFault', `${name} has a target already.`)
    else targets.push({ resourceId, since: region.clock() })
  }
  if (verb === 'deregister') return {}
  const shown = targets.map(({ resourceId, since }) => {
    const ready = region.clock() - since >= region.durations.modify
    const instance = region.instances.find((one) => one.resourceId === resourceId)
    return {
      RdsResourceId: instance?.identifier ?? resourceId,
      Type: 'RDS_INSTANCE',
      Port: 5432,
      TargetHealth: { State: ready ? 'AVAILABLE' : 'REGISTERING' },
    }
  })
  return verb === 'describe' ? { Targets: shown } : { DBProxyTargets: shown }
}
