import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { answers } from '../../tools/process/ready.ts'
import { type RunningProcess, startProcess } from '../../tools/process.ts'

/** Where the parts of one machine find their configuration, Temporal and a place for their logs. */
export interface Surroundings {
  /** Absolute path of the configuration. */
  config: string
  /** host:port of Temporal. */
  temporal: string
  /** Folder for logs. */
  folder: string
}

/** Runs `unwind api` as a process that ends with this one; resolves once it answers at `port`. */
export function startApiPart(around: Surroundings, host: string, port: number): Promise<RunningProcess> {
  return startPart('api', around, () => answers(`http://${host}:${port}/healthz`), 3_000)
}

/** Runs `unwind worker` likewise. It is there at once and polls when Temporal answers; `/readyz` says when it does. */
export function startWorkerPart(around: Surroundings, name = 'worker'): Promise<RunningProcess> {
  return startPart('worker', around, async () => true, 15_000, name)
}

async function startPart(
  command: 'api' | 'worker',
  { config, temporal, folder }: Surroundings,
  ready: () => Promise<boolean>,
  grace: number,
  name: string = command,
): Promise<RunningProcess> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return startProcess({
    name,
    command: process.execPath,
    args: [...process.execArgv, resolve(process.argv[1] ?? ''), command, '--config', config],
    env: {
      TEMPORAL_ADDRESS: temporal,
      TEMPORAL_NAMESPACE: 'default',
      // A profile of Temporal's own CLI may lead to another server, with its TLS and keys.
      TEMPORAL_CONFIG_FILE: join(folder, 'no-temporal-profile.toml'),
    },
    cwd: process.cwd(),
    folder: { path: folder, temporary: false },
    ready,
    within: 60_000,
    grace,
  })
}
