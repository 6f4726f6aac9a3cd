import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findBinary } from '../find.ts'
import { closeStateFolder, openStateFolder, startProcess } from '../process.ts'

/** A Prometheus on 127.0.0.1 that scrapes once a second. It ends with this process. */
export interface PrometheusServer {
  readonly url: string
  stop(): Promise<void>
}

/** Whom it scrapes: `host:port` of each target, by the name of their job. */
export interface PrometheusOptions {
  jobs: Readonly<Record<string, readonly string[]>>
  /** Alerting rules as a rule file has them, evaluated once a second, and the address of the Alertmanager that is told. */
  alerting?: { rules: readonly object[]; alertmanager: string }
}

/** Starts one with nothing in it, and resolves once it is ready. */
export async function startPrometheus({ jobs, alerting }: PrometheusOptions): Promise<PrometheusServer> {
  const command = await findBinary('prometheus')
  const folder = await openStateFolder('prometheus')
  const config = join(folder.path, 'prometheus.yml')
  const rules = join(folder.path, 'rules.yml')
  const groups = [{ name: 'rules', rules: alerting?.rules ?? [] }]
  if (alerting) await writeFile(rules, JSON.stringify({ groups }), { mode: 0o600 })
  const told = alerting && {
    rule_files: [rules],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [new URL(alerting.alertmanager).host] }] }] },
  }
  const scraped = Object.entries(jobs).map(([job, targets]) => ({ job_name: job, static_configs: [{ targets }] }))
  const global = { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' }
  // JSON is YAML, and needs nobody to quote a name.
  await writeFile(config, JSON.stringify({ global, scrape_configs: scraped, ...told }), { mode: 0o600 })
  const server = await startProcess({
    name: 'prometheus',
    command,
    folder,
    ports: { http: undefined },
    args: ({ http }) => [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder.path, 'data')}`,
      `--web.listen-address=127.0.0.1:${http}`,
      '--log.level=warn',
    ],
    ready: async ({ http }) =>
      (await fetch(`http://127.0.0.1:${http}/-/ready`, { signal: AbortSignal.timeout(2_000) })).ok,
  })
  return {
    url: `http://127.0.0.1:${server.ports['http']}`,
    stop: async () => {
      await server.stop()
      await closeStateFolder(folder)
    },
  }
}
