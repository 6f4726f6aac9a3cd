import { type ExecFileOptionsWithStringEncoding, execFile } from 'node:child_process'

/** What a command printed. */
export interface Output {
  stdout: string
  stderr: string
}

/** An account of this machine, by its numbers. */
export interface Account {
  uid: number
  gid: number
}

/**
 * How a command is run: `input` goes to its stdin, `env` is added to ours, it is killed after `within` ms, and it runs as
 * `user`, which only root can choose.
 */
export interface RunOptions {
  input?: string
  env?: Record<string, string>
  cwd?: string
  within?: number
  user?: Account
}

/** Runs a command to its end, without a shell. Rejects, quoting what it said, if it fails or takes too long. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Output> {
  const { input = '', env = {}, within = 60_000 } = options
  const settings: ExecFileOptionsWithStringEncoding = {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    maxBuffer: 64 * 1024 * 1024,
    timeout: within,
    killSignal: 'SIGKILL',
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...options.user,
  }
  return new Promise((resolve, reject) => {
    const child = execFile(command, [...args], settings, (error, stdout, stderr) => {
      if (!error) return resolve({ stdout, stderr })
      const why = error.killed ? `gave no answer within ${within / 1000} s` : said(stderr, stdout, error.message)
      reject(new Error(`${[command, ...args].join(' ')}: ${why}`, { cause: error }))
    })
    // A command that ends without reading its input closes the pipe; its exit code says whether that was right.
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
  })
}

function said(stderr: string, stdout: string, otherwise: string): string {
  return stderr.trim().slice(-4000) || stdout.trim().slice(-4000) || otherwise
}
