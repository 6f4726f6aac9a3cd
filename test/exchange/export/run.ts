import { execFile } from 'node:child_process'

export interface Ended {
  /** -1 for a program that a signal ended. */
  code: number
  stdout: string
  stderr: string
}

/** Runs a program to its end, within 30 s, whatever its exit code. */
export function run(
  file: string,
  args: readonly string[],
  { cwd, env, input = '' }: { cwd?: string; env?: NodeJS.ProcessEnv; input?: string } = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(file, [...args], { cwd, env, timeout: 30_000 }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr }),
    )
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })
}
