import type { TestProject } from 'vitest/node'
import { startTemporal } from '../../tools/temporal/server.ts'

/** A vitest globalSetup: one Temporal server for the whole run. Answers how to end it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const temporal = await startTemporal()
  project.provide('temporalAddress', temporal.address)
  project.provide('temporalUi', temporal.uiUrl)
  return () => temporal.stop()
}
