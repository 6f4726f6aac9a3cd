import { randomUUID } from 'node:crypto'
import type { RunState } from '../../../model/run.ts'
import { startTemporal } from '../../../tools/temporal/server.ts'
import { bearer, type OpenApi, openApi } from '../../api/open.ts'
import { rollbackOf } from '../../api/request.ts'
import { Engine } from '../../support/engine.ts'
import { until } from '../../support/until.ts'
import { awkward } from './awkward.ts'

/** What every case is played on: a worker, an API that knows four callers, and one rollback that is parked. */
export interface Ground {
  address: string
  engine: Engine
  api: OpenApi
  /** The service whose rollback is parked all the time. */
  service: string
  parked: NonNullable<RunState['parked']>
  /** All that a bad request could have changed, as one text. */
  condition(): Promise<string>
  /** Workflows of any kind that were ever started here. */
  workflows(): Promise<number>
  close(): Promise<void>
}

/** The callers; `old` has expired, `reader` may only read, `elsewhere` may act in another environment only. */
export const CALLERS = {
  admin: bearer('admin'),
  reader: bearer('reader'),
  elsewhere: bearer('elsewhere'),
  old: bearer('old'),
} as const

const TOKENS = [
  { text: 'admin', subject: 'alice' },
  { text: 'reader', subject: 'rita', verbs: ['read' as const] },
  { text: 'elsewhere', subject: 'emil', environments: ['elsewhere'] },
  { text: 'old', subject: 'oskar', expires: '2020-01-01T00:00:00Z' },
]

/** Opens the ground on a Temporal that runs at `address`, or on one of its own. */
export async function openGround(address?: string): Promise<Ground> {
  const temporal = address ? undefined : await startTemporal({ ui: false })
  const at = address ?? temporal?.address ?? ''
  const engine = await Engine.start({ temporalAddress: at, wrap: awkward })
  const api = openApi({ address: at, configuration: engine.configuration, tokens: TOKENS })
  const close = async () => {
    await api.close()
    await engine.stop()
    await temporal?.stop()
  }
  try {
    const run = await parkOne(api, engine)
    return { address: at, engine, api, ...run, ...watching(engine, run.service), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function parkOne(api: OpenApi, { system }: Engine): Promise<Pick<Ground, 'service' | 'parked'>> {
  const object = `o-${randomUUID()}`
  system.put(object, 'v1', 'v2').health = 'inconclusive'
  const body = rollbackOf(object)
  await api.call('POST', '/v1/rollbacks', body, CALLERS.admin)
  const url = `/v1/rollbacks/test/${body.service}`
  const { body: state } = await until(
    () => api.call<RunState>('GET', url, undefined, CALLERS.admin),
    (answer) => answer.body.parked !== undefined,
    (answer) => `the rollback is ${answer?.body.phase}`,
  )
  if (!state.parked) throw new Error('the rollback is not parked')
  return { service: body.service, parked: state.parked }
}

function watching({ client, system, configuration }: Engine, service: string): Pick<Ground, 'condition' | 'workflows'> {
  const handle = client.workflow.getHandle(`rollback/test/${service}`)
  return {
    async condition() {
      const writes = [...system.objects].map(([name, { at, writes: made }]) => [name, at, made])
      return JSON.stringify({ state: await handle.query<RunState>('state'), writes })
    },
    workflows: async () => (await client.workflow.count(`TaskQueue = "${configuration.temporal?.taskQueue}"`)).count,
  }
}
