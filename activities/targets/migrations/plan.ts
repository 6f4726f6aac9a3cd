import { assess, propose, safety } from '../../../model/compatibility.ts'
import { UnwindError } from '../../../model/errors.ts'
import type { CallContext } from '../../../model/target.ts'
import type { Database, Session } from '../../postgres/connect.ts'
import { readApplied } from './applied.ts'
import { bootOf } from './boot.ts'
import { contentsOf, judgements, losses } from './contents.ts'
import { extra, type Situation } from './decide.ts'
import { releaseOf } from './files.ts'
import { openMigrators } from './locks.ts'
import { common, digest, type Made } from './made.ts'
import { RIGHTS } from './rights.ts'
import type { MigrationsStep } from './schema.ts'
import type { MigrationsState } from './state.ts'
import { tableOf } from './tables.ts'
import { towards } from './towards.ts'
import { undo } from './undo.ts'
import { warningsOf } from './words.ts'

/** What the release brought to the schema, whether the old one can live with it, and what the chosen strategy would do. Reads only. */
export async function plan(step: MigrationsStep, context: CallContext<Database>): Promise<Made> {
  if (step.strategy === 'restore-and-promote')
    throw new UnwindError(
      'INVALID_REQUEST',
      'a step of kind migrations restores nothing; use the steps that restore and promote a database, and leave this one at app-only',
    )
  const { situation, identity } = await look(step, context)
  if (context.towards) return towards(step, situation, identity, context)
  return step.strategy === 'app-only'
    ? keep(step, situation, identity, context)
    : undo(step, situation, identity, context)
}

/** The releases' files, the tool's table, and who may be at it now. */
async function look(step: MigrationsStep, { connection, signal }: CallContext<Database>) {
  const [leaving, target] = await Promise.all([
    releaseOf(connection, step, 'leaving'),
    releaseOf(connection, step, 'target'),
  ])
  const identity = await connection.identity(signal)
  const seen = async (session: Session) => {
    const recorded = await readApplied(session, step)
    return { ...recorded, open: recorded.locked ? await openMigrators(session, step) : [] }
  }
  const recorded = await connection.session(signal, seen, { rights: RIGHTS })
  if (recorded.atWork)
    throw new UnwindError(
      'TARGET_UNREACHABLE',
      `${step.tool} migrates ${connection.name} now and holds its own lock; it is waited for`,
    )
  const situation: Situation = { ...recorded, leaving, target, checksums: step.tool === 'prisma' }
  return { situation, identity }
}

/** The schema stays. Whatever the old release could stumble over has to be accepted by a person. */
async function keep(
  step: MigrationsStep,
  situation: Situation,
  identity: string,
  context: CallContext<Database>,
): Promise<Made> {
  const names = extra(situation)
  const known = new Map(situation.leaving.files.map((file) => [file.name, file]))
  const files = names.flatMap((name) => known.get(name) ?? [])
  const contents = await contentsOf(step, situation.leaving, files, context.connection, context.signal)
  const unseen = names.filter((name) => !known.has(name))
  const assessment = assess(await judgements(contents, unseen), await losses(contents), bootOf(step, situation))
  const here: MigrationsState = {
    at: 'leaving',
    database: identity,
    table: tableOf(step),
    applied: digest(situation.applied),
    migrations: [],
  }
  return {
    ...common(step, identity, situation),
    summary:
      names.length === 0
        ? `${step.leaving} brought no migration; the schema is that of ${step.target}`
        : `the schema keeps ${names.length} migrations of ${step.leaving}`,
    from: here,
    to: { ...here },
    changes: [],
    reversible: true,
    warnings: warningsOf(assessment, propose(assessment), 'app-only'),
    schema: safety([assessment.schema.answer, assessment.boot.answer, assessment.rows.answer]),
  }
}
