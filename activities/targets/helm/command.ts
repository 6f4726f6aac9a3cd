import { spawn } from 'node:child_process'
import { UnwindError } from '../../../model/errors.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import type { Place } from '../../kubernetes/objects.ts'
import { guard, startGuard } from './guard.ts'
import { MARK } from './host.ts'
import type { HelmStep } from './schema.ts'

/** The binary of a worker, and which of the two majors it is: their flags differ. */
export interface Helm {
  path: string
  version: string
  major: 3 | 4
}

/** How a process of helm ended, and the end of what it said on stderr, which may quote secrets. */
export interface Ended {
  code: number | null
  /** The signal that ended it, if one did. */
  signal: string | null
  said: string
  /** Killed by us: its time was up, or the activity was cancelled. */
  late: boolean
  cancelled: boolean
}

const VERSION_LIMIT = 30_000
/** The guard ends only what we have not ended ourselves. */
const GRACE = 1_000
/** The end of what helm says is read, where its error stands. */
const SAID = 64 * 1024

const known = new Map<string, Promise<Helm>>()

/** The binary that a connection's worker runs. Throws CONFIGURATION_INVALID where there is none, or of another major. */
export function helmOf({ name, login }: Cluster): Promise<Helm> {
  const path = login.helm ?? 'helm'
  startGuard()
  const found = known.get(path) ?? ask(path, name)
  known.set(path, found)
  // A failure is not kept: whoever installs helm retries.
  found.catch(() => known.delete(path))
  return found
}

/** One rollback, to a revision that is always named: what helm takes by itself may be the bad one. */
export interface Rollback {
  place: Place
  revision: number
  /** Whether the target was made by server-side apply; helm takes --force-conflicts only then. */
  serverSide: boolean
  /** Milliseconds after which it is ended from outside. */
  within: number
  /** By which its processes can be found. */
  mark: string
}

/**
 * Runs helm rollback in a process group of its own, which is killed when the activity is cancelled, the time is up, or this
 * process dies. Prunes no revision (--history-max 0), or going back would push out good ones.
 */
export async function rollback(
  helm: Helm,
  step: HelmStep,
  cluster: Cluster,
  asked: Rollback,
  signal: AbortSignal,
): Promise<Ended> {
  const { place, revision, serverSide, within, mark } = asked
  const { kubeconfig, context } = cluster.login
  const force = step.conflicts === 'force' && helm.major === 4 && serverSide
  const args = [
    ...['rollback', place.name, String(revision), '--namespace', place.namespace],
    ...(kubeconfig ? ['--kubeconfig', kubeconfig] : []),
    ...(context ? ['--kube-context', context] : []),
    ...['--timeout', step.limit, '--history-max', '0'],
    ...(step.hooks ? [] : ['--no-hooks']),
    ...(step.wait ? [helm.major === 3 ? '--wait' : '--wait=watcher'] : []),
    ...(force ? ['--force-conflicts'] : []),
  ]
  const limit = AbortSignal.timeout(within)
  const variables = { HELM_DRIVER: step.driver, [MARK]: mark }
  const until = Date.now() + within + GRACE
  const ended = await run(helm.path, args, variables, AbortSignal.any([signal, limit]), until)
  return { ...ended, late: ended.code === null && limit.aborted, cancelled: ended.code === null && signal.aborted }
}

async function ask(path: string, connection: string): Promise<Helm> {
  const remedy = `install Helm 3 or 4 beside the worker, or name its binary as worker.credentials.${connection}.helm`
  const answer = await run(path, ['version', '--template', '{{.Version}}'], {}, AbortSignal.timeout(VERSION_LIMIT))
  const [, version, major] = /^v((\d+)\.\d+\S*)/.exec(answer.told) ?? []
  if (answer.code === 0 && version && (major === '3' || major === '4'))
    return { path, version, major: Number(major) as 3 | 4 }
  throw new UnwindError('CONFIGURATION_INVALID', `${path} is no Helm 3 or 4; ${remedy}`)
}

/**
 * Resolves once the process has ended. Aborted, it kills the whole group, and so does a guard where a time is given (epoch
 * milliseconds). Throws CONFIGURATION_INVALID when it can't be started.
 */
function run(
  path: string,
  args: string[],
  more: Record<string, string>,
  signal: AbortSignal,
  until?: number,
): Promise<Omit<Ended, 'late' | 'cancelled'> & { told: string }> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const child = spawn(path, args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...surroundings(), ...more },
    })
    const unguard = child.pid !== undefined && until !== undefined ? guard(child.pid, until) : () => {}
    const kill = () => killGroup(child.pid)
    const text = { said: '', told: '' }
    const hear = (key: 'said' | 'told') => (chunk: Buffer) => {
      text[key] = (text[key] + chunk.toString('utf8')).slice(-SAID)
    }
    child.stdout.on('data', hear('told'))
    child.stderr.on('data', hear('said'))
    signal.addEventListener('abort', kill, { once: true })
    child.once('error', (error) => {
      signal.removeEventListener('abort', kill)
      const message = `${path} can't be run; install Helm 3 or 4 beside the worker, or mend what credentials name as helm`
      reject(new UnwindError('CONFIGURATION_INVALID', message, undefined, { cause: error }))
    })
    child.once('close', (code, ended) => {
      unguard()
      signal.removeEventListener('abort', kill)
      resolve({ code, signal: ended, ...text })
    })
  })
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself meanwhile.
  }
}

/**
 * Of the worker's environment only what leads to the cluster and what credential plug-ins read: none of its other secrets,
 * and none of HELM_*, which could lead elsewhere.
 */
const PASSED =
  /^(?:PATH|HOME|USER|TMPDIR|KUBECONFIG|KUBERNETES_\w+|(?:HTTPS?|NO|ALL)_PROXY|SSL_CERT_\w+|AWS_\w+|GOOGLE_\w+|CLOUDSDK_\w+|AZURE_\w+|USE_GKE_GCLOUD_AUTH_PLUGIN)$/i

function surroundings(): Record<string, string> {
  const passed = Object.entries(process.env).flatMap(([key, value]) =>
    PASSED.test(key) && value !== undefined ? [[key, value] as const] : [],
  )
  return { ...Object.fromEntries(passed), LC_ALL: 'C', HELM_NO_PLUGINS: '1' }
}
