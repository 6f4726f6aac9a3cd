import { randomUUID } from 'node:crypto'
import { WorkflowNotFoundError } from '@temporalio/client'
import type { AlertsDocument } from '../../../api/schemas/alerts.ts'
import type { Configuration } from '../../../model/configuration.ts'
import type { LoadedRunbook } from '../../../model/runbook/loaded.ts'
import type { ReleaseRecord } from '../../../model/service/ledger.ts'
import { openService, type ServiceState } from '../../../model/service/state.ts'
import { TriggerSettings } from '../../../model/triggers/settings.ts'
import { startTemporal } from '../../../tools/temporal/server.ts'
import { type OpenApi, openApi } from '../../api/open.ts'
import { Engine } from '../../support/engine.ts'
import { imageOf, type MemoryObject } from '../../../rehearsal/memory.ts'
import { released, stateOf, tellService } from '../../support/services.ts'
import { until } from '../../support/until.ts'

const MINUTE = 60_000

/** One service in an environment, with its object in memory. */
export interface Shop {
  service: string
  environment: string
  object: MemoryObject
}

/** A Temporal, a worker and an API, whose runbooks are made as cases need them. */
export interface Ground {
  engine: Engine
  api: OpenApi
  configuration: Configuration
  /** An environment of its own: what its services share is shared with no other case. */
  environment(changes?: { freeze?: boolean }): string
  /** A service at v2, deployed a minute ago, after v1, which worked. */
  shop(
    environment: string,
    changes?: { good?: Partial<ReleaseRecord> | false; bad?: Partial<ReleaseRecord> | false },
  ): Promise<Shop>
  post(alerts: readonly object[]): Promise<AlertsDocument>
  state(shop: Shop): Promise<ServiceState>
  runbooks(): Map<string, LoadedRunbook>
  /** Opens a port for the API on this machine; it closes with the ground. */
  listen(): Promise<string>
  close(): Promise<void>
}

export async function openGround(address: string | undefined): Promise<Ground> {
  const temporal = address === undefined ? await startTemporal({ ui: false }) : undefined
  const at = address ?? temporal?.address ?? ''
  const engine = await Engine.start({ temporalAddress: at })
  const { configuration } = engine
  configuration.triggers = TriggerSettings.parse({
    ...{ gather: '400ms', veto: '400ms', monitoring: [{ alertname: 'PrometheusDown' }] },
    fleet: { atOnce: 2, perDay: 100, incident: 5, window: '1m' },
  })
  const runbooks = new Map<string, LoadedRunbook>()
  const api = openApi({ address: at, configuration, runbooks: async () => runbooks })
  return {
    ...{ engine, api, configuration },
    environment: (changes) => newEnvironment(configuration, changes),
    async shop(environment, { good = {}, bad = {} } = {}) {
      const service = `s-${randomUUID()}`
      const object = engine.system.put(service, 'v1', 'v2')
      runbooks.set(service, runbookOf(service, environment))
      const record = (version: string, rest: Partial<ReleaseRecord> | false) =>
        rest &&
        tellService(engine, { service, environment }, 'record', {
          release: released(version, { images: [imageOf(service, version)], ...rest }),
        })
      await record('v1', good && { healthy: true, deployedAt: Date.now() - 600 * MINUTE, ...good })
      await record('v2', bad && { deployedAt: Date.now() - MINUTE, startedAt: Date.now() - 2 * MINUTE, ...bad })
      return { service, environment, object }
    },
    post: (alerts) => postAlerts(api, alerts),
    state: (shop) =>
      stateOf(engine, shop).catch((error: unknown) => {
        // A service begins to exist with the first word of it.
        if (error instanceof WorkflowNotFoundError) return openService({ format: 1, ...shop })
        throw error
      }),
    runbooks: () => runbooks,
    listen: () => api.app.listen({ host: '127.0.0.1', port: 0 }),
    async close() {
      await api.close()
      await engine.stop()
      await temporal?.stop()
    },
  }
}

function newEnvironment(configuration: Configuration, { freeze = false }: { freeze?: boolean } = {}): string {
  const name = `e-${randomUUID()}`
  const connections = configuration.connections as Record<string, unknown>
  connections[`memory-${name}`] = { kind: 'memory', environment: name }
  configuration.environments[name] = {
    policy: { approvals: [] },
    automatic: 'auto',
    system: `memory-${name}`,
  } as unknown as Configuration['environments'][string]
  const span = { from: '2020-01-01T00:00:00Z', to: '2099-01-01T00:00:00Z', reason: 'sales' }
  if (freeze) configuration.triggers?.freeze.push({ environment: name, ...span })
  return name
}

/** As Alertmanager does: what is answered with 5xx is sent again. */
async function postAlerts(api: ReturnType<typeof openApi>, alerts: readonly object[]): Promise<AlertsDocument> {
  const body = { version: '4', status: 'firing', groupKey: '{}', alerts }
  const answer = await until(
    () => api.call<AlertsDocument>('POST', '/v1/triggers/alertmanager', body),
    ({ status }) => status < 500,
    (seen) => `the hook answered ${seen?.status}: ${JSON.stringify(seen?.body)}`,
    60_000,
  )
  if (answer.status !== 202) throw new Error(`the hook answered ${answer.status}: ${JSON.stringify(answer.body)}`)
  return answer.body
}

/** The alert of a shop as Alertmanager posts it. */
export function alertOf(
  { service, environment }: Shop,
  {
    status = 'firing',
    startsAt = Date.now(),
    name = 'Errors',
  }: { status?: string; startsAt?: number; name?: string } = {},
) {
  return {
    status,
    labels: { alertname: name, service, environment },
    annotations: { summary: 'many errors' },
    startsAt: new Date(startsAt).toISOString(),
    fingerprint: `${name}-${service}`,
  }
}

function runbookOf(service: string, environment: string): LoadedRunbook {
  const match = { service }
  const trigger = (alertname: string) => ({
    ...{ id: alertname.toLowerCase(), match: { ...match, alertname }, mode: 'auto' as const },
  })
  return {
    runbook: {
      apiVersion: 'unwind/v1',
      kind: 'Runbook',
      metadata: { name: service, service },
      environments: { [environment]: {} },
      triggers: [trigger('Errors'), trigger('Latency')],
      steps: [{ kind: 'memory', object: service }],
    },
    ...{ revision: '1'.repeat(64), source: 'prove', reviewed: true },
  } as LoadedRunbook
}
