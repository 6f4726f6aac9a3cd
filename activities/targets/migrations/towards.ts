import { UnwindError } from '../../../model/errors.ts'
import type { CallContext } from '../../../model/target.ts'
import type { Database } from '../../postgres/connect.ts'
import { digestOf } from './applied.ts'
import { contentsOf } from './contents.ts'
import type { Situation } from './decide.ts'
import { common, type Made } from './made.ts'
import type { MigrationsStep } from './schema.ts'
import { type MigrationsState, parseState } from './state.ts'
import { changesOf } from './words.ts'

/** Back to where an earlier run found it: the way up again, from the files of the release that was left. */
export async function towards(
  step: MigrationsStep,
  situation: Situation,
  identity: string,
  context: CallContext<Database>,
): Promise<Made> {
  const to = parseState(context.towards ?? {})
  const names = situation.applied.map(({ name }) => name)
  const again = to.migrations.map(({ name }) => name).toReversed()
  const files = again.flatMap((name) => situation.leaving.files.find((file) => file.name === name) ?? [])
  if (to.at !== 'leaving' || files.length !== again.length || digestOf([...names, ...again]) !== to.applied)
    throw new UnwindError(
      'NO_ROLLBACK_TARGET',
      `the migrations of ${identity} are not where the recorded run left them, so its way back is not theirs`,
    )
  const contents = await contentsOf(step, situation.leaving, files, context.connection, context.signal)
  const from: MigrationsState = { ...to, at: 'target', applied: digestOf(names) }
  return {
    ...common(step, identity, situation),
    summary: `applies ${again.length} migrations of ${step.leaving} again`,
    from,
    to,
    changes: changesOf(contents, 'up'),
    reversible: true,
    warnings: [],
    data: true,
  }
}
