import { spawn } from 'node:child_process'
import { dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { findBinary } from '../../../tools/find.ts'
import type { Lab } from '../../targets/kubernetes-lab.ts'
import { IMAGE, type Kind } from '../../targets/kubernetes-manifests.ts'
import type { Ground } from '../crash/ground.ts'
import { begin, settled } from '../crash/run.ts'
import { GOOD } from './releases.ts'

/** What somebody was told who asked for a rollback, and after how long. */
export interface Told {
  said: 'healthy' | 'no' | 'nothing'
  /** Why not, or what it ended with. */
  words: string
  took: number
}

/** Nobody waits longer in an incident: what has said nothing by then counts as hung. Milliseconds. */
const PATIENCE = 60_000

const SCRIPT = fileURLToPath(new URL('./rollback.sh', import.meta.url))

/** Runs the script as it is, as an operator would: namespace and name. */
export async function byScript({ namespace, kubeconfig }: Lab, name: string): Promise<Told> {
  const bin = dirname(await findBinary('kubectl'))
  const env = { PATH: `${bin}:${process.env['PATH']}`, HOME: process.env['HOME'], KUBECONFIG: kubeconfig }
  const began = Date.now()
  const child = spawn('bash', [SCRIPT, namespace, name], { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const words: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => words.push(String(chunk)))
  const late = setTimeout(() => child.pid && process.kill(-child.pid, 'SIGKILL'), PATIENCE)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  clearTimeout(late)
  const last = words.join('').trim().split('\n').at(-1) ?? ''
  const took = Date.now() - began
  if (code === null) return { said: 'nothing', words: last, took }
  return { said: code === 0 ? 'healthy' : 'no', words: last, took }
}

/** Asks Unwind for the same. The person who asks accepts that nobody recorded which release was good. */
export async function byUnwind(ground: Ground, kind: Kind, name: string): Promise<Told> {
  const began = Date.now()
  const resume = kind === 'deployment' ? { resume: true } : {}
  const step = { kind: 'kubernetes', workload: `${kind}/${name}`, cluster: 'direct', soak: '0s', ...resume }
  const told = (said: Told['said'], words: string): Told => ({ said, words, took: Date.now() - began })
  try {
    const run = await begin(ground, { name, step })
    const state = await Promise.race([settled(run), pause(PATIENCE, undefined)])
    if (!state) return told('nothing', 'still at work')
    if (state.outcome === 'recovered') return told('healthy', 'recovered')
    const problem = state.parked?.problem ?? state.problem
    const why = problem ? `${problem.code}: ${problem.message}` : (state.need?.because.join('; ') ?? '')
    return told('no', `${state.outcome ?? state.phase}: ${why}`)
  } catch (error) {
    return told('no', error instanceof Error ? error.message : String(error))
  }
}

/** Time for whoever would put the bad one back, and for a rollout that goes on after somebody gave it up. */
const SETTLING = 4_000

/** Whether the workload runs the good release and nothing else, and all of it is ready. Nobody is asked but the cluster. */
export async function isHealthy(any: Lab, kind: Kind, name: string): Promise<boolean> {
  await pause(SETTLING)
  const { spec, status, metadata } = await any.of(kind).workload(name)
  const image = spec.template.spec?.containers?.[0]?.image
  const observed = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0)
  const { replicas = 0, updatedReplicas = 0, readyReplicas = 0 } = status ?? {}
  const { desiredNumberScheduled: nodes = 0, updatedNumberScheduled = 0, numberAvailable = 0 } = status ?? {}
  const whole =
    kind === 'daemonset'
      ? nodes > 0 && updatedNumberScheduled === nodes && numberAvailable === nodes
      : replicas > 0 && [updatedReplicas, readyReplicas, spec.replicas].every((count) => count === replicas)
  return observed && whole && image === `${IMAGE}:${GOOD.image}`
}
