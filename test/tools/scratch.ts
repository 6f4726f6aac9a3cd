import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A folder of the running test, deleted with it. */
export async function scratch(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'unwind-test-'))
  onTestFinished(() => rm(path, { recursive: true, force: true, maxRetries: 5 }))
  return path
}

/** Writes an executable that prints a line, whatever it is asked. Answers its path. */
export async function printer(folder: string, name: string, line: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, `#!${process.execPath}\nconsole.log(${JSON.stringify(line)})\n`, { mode: 0o755 })
  return path
}
