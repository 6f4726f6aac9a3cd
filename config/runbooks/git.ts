import { execFile, type ExecFileOptions } from 'node:child_process'

/** How long one command may take, in milliseconds. */
const LIMIT = 20_000
const OUTPUT_LIMIT = 16 * 1_048_576

/** Variables that would lead git to another repository than the one that is meant. */
const FOREIGN = [
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_INDEX_FILE',
  'GIT_COMMON_DIR',
  'GIT_NAMESPACE',
  'GIT_OBJECT_DIRECTORY',
]

/** Why git did not do it, without anything that could be a password. */
export class GitError extends Error {}

/**
 * Runs git in a bare repository, without a shell, a prompt, a hook or a transport that runs a command; at most 20 s.
 * Answers what it wrote. Throws GitError.
 */
export function git(folder: string, args: readonly string[], input?: string): Promise<Buffer> {
  const options: ExecFileOptions & { encoding: 'buffer' } = {
    ...{ timeout: LIMIT, killSignal: 'SIGKILL', maxBuffer: OUTPUT_LIMIT, env: environment() },
    encoding: 'buffer',
  }
  const all = ['-c', 'core.hooksPath=/dev/null', '-c', 'gc.auto=0', '--git-dir', folder, ...args]
  return new Promise((resolve, reject) => {
    const child = execFile('git', all, options, (error, stdout, stderr) => {
      if (error) reject(new GitError(told(error, stderr.toString('utf8'))))
      else resolve(stdout)
    })
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input ?? '')
  })
}

/** Text without the user and password that an address may hold. */
export function withoutPassword(text: string): string {
  return text.replaceAll(/([a-z][a-z0-9+]*:\/\/)[^@/\s]*@/gi, '$1')
}

function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !FOREIGN.includes(name))
  return {
    ...Object.fromEntries(own),
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: 'https:ssh:file',
    GIT_SSH_COMMAND: process.env['GIT_SSH_COMMAND'] ?? 'ssh -oBatchMode=yes -oConnectTimeout=10',
    LC_ALL: 'C',
  }
}

function told(error: Error & { code?: string | number | null; killed?: boolean }, stderr: string): string {
  if (error.code === 'ENOENT') return 'git is not installed where the API runs'
  if (error.killed) return `git did not answer within ${LIMIT / 1_000} s`
  const lines = stderr.split('\n').filter((line) => /^(fatal|error|remote):/.test(line))
  return withoutPassword((lines[0] ?? `git ended with ${String(error.code)}`).slice(0, 300))
}
