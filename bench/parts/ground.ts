import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { run } from '../../tools/run.ts'
import { say } from '../../tools/find/progress.ts'

/** The root of the repository. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** The built command line. */
export const UNWIND = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** What is closed when a bench ends, however it ends, the latest first. */
export class Closing {
  readonly #ends: (() => Promise<unknown>)[] = []

  /** Keeps something that has an end of its own. */
  stopping<Part extends { stop(): Promise<unknown> }>(part: Part): Part {
    this.#ends.push(() => part.stop())
    return part
  }

  /** Deletes a folder at the end. */
  folder(path: string): string {
    this.#ends.push(() => rm(path, { recursive: true, force: true, maxRetries: 5 }))
    return path
  }

  add(end: () => Promise<unknown>): void {
    this.#ends.push(end)
  }

  async close(): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end()
  }
}

/** Runs the work with a place to note what must be closed, and closes it. */
export async function withClosing<Result>(work: (closing: Closing) => Promise<Result>): Promise<Result> {
  const closing = new Closing()
  try {
    return await work(closing)
  } finally {
    await closing.close()
  }
}

let built: Promise<unknown> | undefined

/** Builds `dist` from the present sources, once, so that what is measured is what one reads. */
export function build(): Promise<unknown> {
  say('building …')
  built ??= run('npm', ['run', '--silent', 'build'], { cwd: ROOT, within: 300_000 })
  return built
}
