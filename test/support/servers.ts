import type { TestProject } from 'vitest/node'
import { setup as cluster } from './cluster-setup.ts'
import { setup as temporal } from './temporal-setup.ts'

/** A vitest globalSetup: both servers, for suites that need both. Answers how to end them. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const endings = [await temporal(project), await cluster(project)]
  return async () => {
    await Promise.all(endings.map((end) => end()))
  }
}
