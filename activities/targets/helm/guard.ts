import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('./guard.mjs', import.meta.url))

const watched = new Map<number, number>()
let running: ChildProcess | undefined

/**
 * Has a process group die with this process, even by kill -9, and at the latest at a time (epoch milliseconds). Answers how
 * to end that. One guard, itself a process, is there for all of them.
 */
export function guard(pid: number, until: number): () => void {
  watched.set(pid, until)
  if (running) tell(running, pid, until)
  else startGuard()
  return () => {
    watched.delete(pid)
    running?.stdin?.write(`${JSON.stringify({ done: pid })}\n`)
  }
}

/** Starts it, so that it is there before it is needed; one that was killed is followed by another that knows what it knew. */
export function startGuard(): void {
  if (running) return
  // A session of its own: what ends this one's group, such as Ctrl-C or a closed terminal, does not reach it.
  const started = spawn(process.execPath, [PROGRAM], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: {},
    cwd: '/',
  })
  running = started
  started.stdin.on('error', () => {})
  const gone = () => {
    if (running === started) running = undefined
    if (watched.size > 0) setTimeout(startGuard, PAUSE).unref()
  }
  started.once('error', gone).once('exit', gone)
  // The pipe must stay open as long as this process lives, but must not keep it alive.
  started.unref()
  ;(started.stdin as unknown as { unref(): void }).unref()
  for (const [pid, until] of watched) tell(started, pid, until)
}

/** Between two attempts to start a guard, milliseconds. */
const PAUSE = 1_000

function tell(to: ChildProcess, pid: number, until: number): void {
  to.stdin?.write(`${JSON.stringify({ watch: pid, within: Math.max(0, until - Date.now()) })}\n`)
}
