import type { UnleashServer } from '../../../tools/unleash/server.ts'

/** The flag that the bad release is switched on by. */
export const FLAG = 'new-checkout'
const ENVIRONMENT = 'production'

/** A flag of a real Unleash. */
export interface DemoFlag {
  isOn(): Promise<boolean>
  /** Makes it, on for everybody. */
  make(): Promise<void>
}

export function demoFlag({ url, token }: UnleashServer): DemoFlag {
  const at = `projects/default/features/${FLAG}/environments/${ENVIRONMENT}`
  const ask = async (method: string, path: string, body?: object): Promise<unknown> => {
    const answer = await fetch(`${url}/api/admin/${path}`, {
      method,
      headers: { authorization: token, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(10_000),
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`Unleash answers ${answer.status} to ${method} ${path}: ${text.slice(0, 300)}`)
    return text === '' ? undefined : (JSON.parse(text) as unknown)
  }
  return {
    isOn: async () => ((await ask('GET', at)) as { enabled: boolean }).enabled,
    make: async () => {
      await ask('POST', 'projects/default/features', { name: FLAG, type: 'release' })
      const parameters = { rollout: '100', stickiness: 'default', groupId: FLAG }
      await ask('POST', `${at}/strategies`, { name: 'flexibleRollout', parameters })
      await ask('POST', `${at}/on`)
    },
  }
}
