import type { Configuration } from '../../model/configuration.ts'
import type { Rehearsed } from '../../rehearsal/index.ts'
import { CommandError, EXIT } from '../exit.ts'
import { readInput } from '../files.ts'
import { junit, rehearsedLines, sumLines } from '../render/rehearsed.ts'
import { terminal } from '../terminal.ts'

export interface TestOptions {
  config?: string
  temporal?: string
  output?: 'json' | 'junit'
}

/**
 * `unwind runbook test`: plays the scenarios of each file with the real workflows against systems in memory. Exit code 9
 * where one ended otherwise than it expects.
 */
export async function test(
  files: readonly string[],
  { config, temporal: address, output }: TestOptions,
): Promise<number> {
  const { loadScenarios } = await import('../../rehearsal/load.ts')
  const configuration = await configured(config)
  const loaded = []
  for (const file of files) loaded.push(await loadScenarios(file, configuration, readInput))
  const [first] = loaded
  if (!first) return EXIT.usage
  const { openStage, rehearse } = await import('../../rehearsal/index.ts')
  const out = terminal()
  const temporal = address === undefined ? await ownTemporal() : { address, stop: async () => undefined }
  const results: Rehearsed[] = []
  try {
    const stage = await openStage(temporal.address, first.around.configuration)
    try {
      for (const one of loaded)
        for await (const result of rehearse(stage, one)) {
          results.push(result)
          if (!output) out.print(rehearsedLines(result, files.length > 1))
        }
    } finally {
      await stage.close()
    }
  } finally {
    await temporal.stop()
  }
  if (output === 'json') out.print(JSON.stringify(results, null, 2))
  else if (output === 'junit') out.print(junit(results))
  else out.say(sumLines(results))
  return results.every(({ passed }) => passed) ? EXIT.ok : EXIT.endedOtherwise
}

async function configured(path: string | undefined): Promise<Configuration | undefined> {
  const named = path ?? process.env['UNWIND_CONFIG']
  if (!named) return undefined
  const { loadConfiguration } = await import('../../config/load.ts')
  return (await loadConfiguration(named)).configuration
}

/** A Temporal of its own, as `unwind server` has one; it ends with this command. */
async function ownTemporal(): Promise<{ address: string; stop(): Promise<unknown> }> {
  const { startTemporal } = await import('../../tools/temporal/server.ts')
  return startTemporal({ ui: false }).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause)
    const next = 'Put the temporal command on PATH, or name a dev server with --temporal.'
    throw new CommandError(EXIT.unavailable, `Temporal could not be started: ${why}\n${next}`, { cause })
  })
}
