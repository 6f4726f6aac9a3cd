import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { until } from '../support/until.ts'

/** What `npx unwind` runs, built before these tests. */
const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** What a command line did. */
export interface Done {
  code: number | null
  stdout: string
  stderr: string
}

export interface Surroundings {
  cwd?: string
  env?: Readonly<Record<string, string>>
  /** What is piped in; nothing unless given. */
  input?: string
}

/** A command line that runs. */
export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Done>
  /** Resolves when stderr or stdout has said this. */
  says(text: string): Promise<unknown>
}

/** The arguments with which Node runs the command line. */
export function commandLine(...args: string[]): string[] {
  return [MAIN, ...args]
}

/** Starts `unwind` as a process of its own, without a terminal. */
export function start(args: readonly string[], { cwd, env, input = '' }: Surroundings = {}): Running {
  const child = spawn(process.execPath, commandLine(...args), {
    cwd: cwd ?? process.cwd(),
    env: { ...inherited(), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const said = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk) => (said.stdout += String(chunk)))
  child.stderr.on('data', (chunk) => (said.stderr += String(chunk)))
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  return {
    child,
    ended: new Promise((resolve) => child.once('close', (code) => resolve({ code, ...said }))),
    says: (text) =>
      until(
        async () => said.stdout + said.stderr,
        (seen) => seen.includes(text),
        (seen) => `unwind did not say ${JSON.stringify(text)}, but: ${seen}`,
        60_000,
      ),
  }
}

/** Runs `unwind` to its end. */
export function unwind(args: readonly string[], surroundings?: Surroundings): Promise<Done> {
  return start(args, surroundings).ended
}

/** The reader's own settings must not reach a test. */
function inherited(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(
    ([name]) => !/^(UNWIND_(URL|TOKEN|CONFIG|ENVIRONMENT|STATE|DEBUG)|TEMPORAL_|NO_COLOR|FORCE_COLOR)/.test(name),
  )
  return Object.fromEntries(entries)
}
