import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findBinary } from '../find.ts'
import { closeStateFolder, openStateFolder, startProcess } from '../process.ts'

/** An Alertmanager on 127.0.0.1, alone in its cluster. It ends with this process. */
export interface AlertmanagerServer {
  readonly url: string
  /** Posts alerts to it as Prometheus does (its API v2). */
  alert(alerts: readonly object[]): Promise<void>
  stop(): Promise<void>
}

/** Whom it tells, and how soon. */
export interface AlertmanagerOptions {
  webhook: string
  /** Sent as a bearer token. */
  token?: string
  /** How long alerts of a group are gathered, and after which time it tells again. */
  groupWait?: string
  repeat?: string
}

/** Starts one whose only receiver is a webhook, and resolves once it is ready. */
export async function startAlertmanager(options: AlertmanagerOptions): Promise<AlertmanagerServer> {
  const command = await findBinary('alertmanager')
  const folder = await openStateFolder('alertmanager')
  const config = join(folder.path, 'alertmanager.yml')
  // JSON is YAML, and needs nobody to quote a token.
  await writeFile(config, JSON.stringify(configuration(options)), { mode: 0o600 })
  const server = await startProcess({
    name: 'alertmanager',
    command,
    folder,
    ports: { http: undefined },
    args: ({ http }) => [
      `--config.file=${config}`,
      `--storage.path=${join(folder.path, 'data')}`,
      `--web.listen-address=127.0.0.1:${http}`,
      '--cluster.listen-address=',
      '--log.level=warn',
    ],
    ready: async ({ http }) =>
      (await fetch(`http://127.0.0.1:${http}/-/ready`, { signal: AbortSignal.timeout(2_000) })).ok,
  })
  const url = `http://127.0.0.1:${server.ports['http']}`
  return {
    url,
    async alert(alerts) {
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch(`${url}/api/v2/alerts`, { method: 'POST', headers, body: JSON.stringify(alerts) })
      if (!answer.ok) throw new Error(`Alertmanager answered ${answer.status}: ${await answer.text()}`)
    },
    async stop() {
      await server.stop()
      await closeStateFolder(folder)
    },
  }
}

function configuration({ webhook, token, groupWait = '1s', repeat = '1m' }: AlertmanagerOptions): object {
  const authorization = token === undefined ? {} : { http_config: { authorization: { credentials: token } } }
  return {
    route: {
      receiver: 'unwind',
      group_by: ['alertname', 'service'],
      ...{ group_wait: groupWait, group_interval: groupWait, repeat_interval: repeat },
    },
    receivers: [{ name: 'unwind', webhook_configs: [{ url: webhook, send_resolved: true, ...authorization }] }],
  }
}
