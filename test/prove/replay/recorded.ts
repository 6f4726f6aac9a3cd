import { Worker } from '@temporalio/worker'
import { paths as inlinePaths } from '../../replay/paths.ts'
import { runbookPaths } from '../../replay/runbook-paths.ts'
import { workflowBundle } from '../../support/bundle.ts'
import { Engine } from '../../support/engine.ts'
import type { Attempt } from '../replay.ts'

/** Every path through the workflows: walked now, its history taken from the server, and replayed by another worker. */
export function recorded(): Attempt[] {
  return Object.entries({ ...inlinePaths, ...runbookPaths }).map(([name, path]) => ({
    name: `recorded: ${name}`,
    run: async (temporalAddress) => {
      const engine = await Engine.start({ temporalAddress, ...path.options })
      try {
        const { workflowId, runId } = await path.walk(engine)
        const history = await engine.client.workflow.getHandle(workflowId, runId).fetchHistory()
        await Worker.runReplayHistory({ workflowBundle: await workflowBundle() }, history, workflowId)
        return `${history.events?.length} events replay`
      } finally {
        await engine.stop()
      }
    },
  }))
}
