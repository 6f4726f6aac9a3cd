import type { RunningProcess } from '../../tools/process.ts'
import { catalogue, type ToolName } from '../../tools/catalogue.ts'
import { findBinaries } from '../../tools/find.ts'
import { CLUSTER_TOOLS } from '../../tools/kubernetes/cluster.ts'
import { until } from '../../tools/wait.ts'
import { isUnanswered } from '../client.ts'
import { ActFailed, actOne, actThree, actTwo, deployShop } from '../demo/acts.ts'
import { close } from '../demo/closing.ts'
import type { Scene } from '../demo/incident/scene.ts'
import { type ClusterChoice, ownPlayground, readersPlayground, temporaryFolder } from '../demo/ground.ts'
import { type Narrator, narrator } from '../demo/narrator.ts'
import { missingTools, requireNode } from '../demo/prerequisites.ts'
import { setStage, type Stage, startDemoTemporal } from '../demo/stage.ts'
import { EXIT, usage } from '../exit.ts'
import { untilStopped } from '../serve/stopped.ts'
import { terminal } from '../terminal.ts'

type DemoOptions = ClusterChoice & { once?: boolean; incident?: boolean }

/** `unwind demo`: three rollbacks on real servers, or one whole incident, told as they happen. */
export async function demo(options: DemoOptions): Promise<number> {
  const signal = untilStopped()
  const told = narrator(terminal(), Date.now())
  requireNode()
  if (options.incident && isReaders(options))
    throw usage('The incident plays on servers of its own; leave out --kubeconfig and --context.')
  const undo: (() => Promise<unknown>)[] = []
  try {
    const stage = await Promise.race([play(options, told, signal, undo), stopped(signal)])
    if (!options.once) await stay(stage)
    return EXIT.ok
  } catch (error) {
    if (signal.aborted) return EXIT.interrupted
    if (!(error instanceof ActFailed)) throw error
    told.tell(`The demo did not go as it should: ${error.message}.`)
    return EXIT.internal
  } finally {
    if (undo.length > 1) told.tell('Stopping what was started.')
    for (const step of undo.toReversed())
      await step().catch((error: unknown) => told.tell(`Not cleaned up: ${String(error)}`))
  }
}

async function play(
  options: DemoOptions,
  told: Narrator,
  signal: AbortSignal,
  undo: (() => Promise<unknown>)[],
): Promise<Stage> {
  await prepare(options, told)
  const built = await build(options, told, signal, undo)
  await perform(built)
  return built.stage
}

/** Rejects at Ctrl-C, so that nothing has to be waited for. */
function stopped(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
}

/** Looks for every server that will be needed, and gets what is missing, before anything is started. */
async function prepare(options: DemoOptions, { tell }: Narrator): Promise<void> {
  const beside: readonly ToolName[] = options.incident ? ['prometheus', 'alertmanager'] : []
  const needed = isReaders(options) ? (['temporal'] as const) : [...NEEDED, ...beside]
  const missing = await missingTools(needed)
  if (missing.length > 0)
    tell(
      `Not here yet: ${missing.map((name) => `${name} ${catalogue[name].version}`).join(', ')}. They are downloaded or built once and kept; a first build takes minutes.`,
    )
  await findBinaries(needed)
}

const NEEDED: readonly ToolName[] = ['temporal', ...CLUSTER_TOOLS]

/** Whether it plays in a cluster of the reader's. */
function isReaders({ kubeconfig, context }: DemoOptions): boolean {
  return kubeconfig !== undefined || context !== undefined
}

interface Built {
  stage: Stage
  scene?: Scene
}

async function build(
  options: DemoOptions,
  told: Narrator,
  signal: AbortSignal,
  undo: (() => Promise<unknown>)[],
): Promise<Built> {
  const folder = await temporaryFolder()
  undo.push(() => folder.remove())
  // Asked before anything is started; a cluster of the demo's own takes as long as Temporal and starts beside it.
  const theirs = isReaders(options) ? await readersPlayground(options, told) : undefined
  if (theirs) undo.push(() => theirs.clear())
  else told.tell('Starting Temporal and a Kubernetes control plane.')
  const [temporal, ground] = await Promise.all([
    startDemoTemporal(folder.path, told).then((server) => {
      undo.push(() => server.stop())
      return server
    }),
    theirs ??
      ownPlayground(told).then((own) => {
        undo.push(() => own.clear())
        return own
      }),
  ])
  const keep = (part: RunningProcess) => void undo.push(() => part.stop())
  const parts = { ground, temporal, folder: folder.path, narrator: told, signal, keep }
  if (!options.incident) return { stage: await setStage(parts) }
  const { setScene } = await import('../demo/incident/scene.ts')
  const scene = await setScene({ ...parts, undo: (end) => void undo.push(end) })
  return { stage: await setStage({ ...parts, special: scene.special }), scene }
}

async function perform({ stage, scene }: Built): Promise<void> {
  await Promise.all([deployShop(stage), workerAnswers(stage)])
  if (scene) {
    const { playIncident } = await import('../demo/incident/act.ts')
    const closing = { heading: 'The report', release: scene.bad, token: scene.cast.anna }
    return close(stage, await playIncident(stage, scene), closing)
  }
  await actOne(stage)
  await actTwo(stage)
  await close(stage, await actThree(stage), { heading: 'The report of the third one', release: 'v1.11' })
}

async function workerAnswers({ client, tell }: Stage): Promise<void> {
  const look = () =>
    client.call({ path: '/readyz' }).then(
      () => true,
      (error: unknown) => {
        if (isUnanswered(error)) throw error
        return false
      },
    )
  await until('a worker to poll', look, { within: 60_000, every: 100 })
  tell(
    'A worker is up. It holds the credentials of an account with the rights of docs/rbac/operator.yaml and no others.',
  )
}

/** Until Ctrl-C. A timer keeps the process alive: neither children nor a listener do. */
function stay({ signal, tell }: Stage): Promise<void> {
  tell('Everything stays up for you to look round. Ctrl-C ends it.')
  return new Promise((resolve) => {
    const alive = setInterval(() => undefined, 60_000)
    const done = () => {
      clearInterval(alive)
      resolve()
    }
    signal.addEventListener('abort', done, { once: true })
  })
}
