import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { survey } from '../../activities/targets/kubernetes/survey.ts'
import { claimKnownPort } from '../../tools/process/ports.ts'
import type { RunningProcess } from '../../tools/process.ts'
import { startTemporal, type TemporalServer } from '../../tools/temporal/server.ts'
import type { Place } from '../calls.ts'
import { type Client, connect } from '../client.ts'
import { generateKeys } from '../../config/keys.ts'
import { startApiPart, startWorkerPart, type Surroundings } from '../serve/parts.ts'
import type { Playground } from './ground.ts'
import type { Narrator } from './narrator.ts'

/** Everything that the acts play on. */
export interface Stage extends Narrator {
  readonly client: Client
  readonly place: Place
  readonly ground: Playground
  readonly temporal: TemporalServer
  readonly signal: AbortSignal
  /** The worker that runs now. */
  worker(): RunningProcess
  /** Starts another one in the place of one that is gone. */
  replaceWorker(): Promise<RunningProcess>
}

/** Starts a Temporal of the demo's own, with its UI. */
export async function startDemoTemporal(folder: string, { tell }: Narrator): Promise<TemporalServer> {
  const [port, uiPort] = await Promise.all([claimKnownPort(7_233), claimKnownPort(8_233)])
  const temporal = await startTemporal({ stateDir: folder, port, uiPort })
  tell(`Temporal is up: ${temporal.uiUrl}`)
  return temporal
}

export interface StageParts {
  ground: Playground
  temporal: TemporalServer
  folder: string
  narrator: Narrator
  signal: AbortSignal
  /** Told of each process, so that it is stopped whatever happens next. */
  keep(part: RunningProcess): void
  /** What an act needs beside that: where the API listens, what else is configured, and who asks. */
  special?: { port: number; configuration: object; token: string }
}

/** Configures Unwind for the playground, and starts its API and a worker. */
export async function setStage(parts: StageParts): Promise<Stage> {
  const { ground, temporal, folder, narrator, signal, keep, special } = parts
  const port = special?.port ?? (await claimKnownPort(7_420))
  const config = await writeConfiguration(parts, port)
  const around: Surroundings = { config, temporal: temporal.address, folder }
  let count = 1
  const started = async (name: string) => {
    const part = await startWorkerPart(around, name)
    keep(part)
    return part
  }
  const [api, first] = await Promise.all([startApiPart(around, '127.0.0.1', port), started('worker')])
  keep(api)
  let worker = first
  const client = await connect({ url: `http://127.0.0.1:${port}` }, special ? { UNWIND_TOKEN: special.token } : {})
  narrator.tell(`The API is up: ${client.url}/docs`)
  return {
    ...narrator,
    client,
    place: { environment: 'demo', service: 'checkout' },
    ...{ ground, temporal, signal },
    worker: () => worker,
    replaceWorker: async () => {
      count += 1
      worker = await started(`worker-${count}`)
      return worker
    },
  }
}

async function writeConfiguration({ ground, temporal, folder, special }: StageParts, port: number): Promise<string> {
  const { hands, account, namespace, kubeconfig, context } = ground
  const [{ pin }, keys, workers] = await Promise.all([
    survey({ kubeconfig, context, namespace }),
    generateKeys(join(folder, 'keys')),
    hands.kubeconfigFor(account, join(folder, 'worker.kubeconfig')),
  ])
  const configuration = {
    apiVersion: 'unwind/v1',
    kind: 'Configuration',
    environments: { demo: { cluster: 'demo', namespace } },
    connections: { demo: { kind: 'kubernetes', environment: 'demo', ...pin } },
    api: { port, temporalUi: temporal.uiUrl, signingKey: keys.signingKey },
    worker: {
      credentials: { demo: { kubeconfig: workers } },
      verifyKeys: [keys.verifyKey],
      // A dead worker is missed after so long; in production the default of 10 s spares Temporal some traffic.
      heartbeat: '2s',
    },
  }
  const path = join(folder, 'unwind.yaml')
  const whole = merged(configuration, special?.configuration ?? {})
  await writeFile(path, `${JSON.stringify(whole, null, 2)}\n`, { mode: 0o600 })
  return path
}

/** Both, key by key; where both say something that is no object, the second. */
function merged(one: unknown, other: unknown): unknown {
  const plain = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!plain(one) || !plain(other)) return other
  const added = Object.entries(other).map(([key, value]) => [key, key in one ? merged(one[key], value) : value])
  return { ...one, ...(Object.fromEntries(added) as object) }
}
