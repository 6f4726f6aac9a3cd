import { type Assessment, assess, propose, safety } from '../../../model/compatibility.ts'
import { UnwindError } from '../../../model/errors.ts'
import type { CallContext, Warning } from '../../../model/target.ts'
import type { Database } from '../../postgres/connect.ts'
import { digestOf } from './applied.ts'
import { type Contents, contentsOf, isAtomic, judgements, losses, wayDigest } from './contents.ts'
import { type Situation, toUndo } from './decide.ts'
import type { MigrationFile } from './files.ts'
import { said } from './locks.ts'
import { common, type Made } from './made.ts'
import { refuseOwnTransactions } from './prisma.ts'
import type { MigrationsStep } from './schema.ts'
import type { MigrationsState } from './state.ts'
import { tableOf } from './tables.ts'
import { changesOf, summaryOf, warningsOf } from './words.ts'

/** The plan that takes back what the release brought. Throws where that can't be told for certain, or has no way down. */
export async function undo(
  step: MigrationsStep,
  situation: Situation,
  identity: string,
  context: CallContext<Database>,
): Promise<Made> {
  const files = toUndo(situation)
  const locked = lockWarnings(step, situation)
  const contents = await contentsOf(step, situation.leaving, files, context.connection, context.signal)
  const lost = await losses(contents)
  if ('impossible' in lost)
    throw new UnwindError(
      'TARGET_REJECTED',
      `${lost.impossible}${step.tool === 'prisma' ? ': write down.sql beside its migration.sql in the files of the release that is left, and have it reviewed' : ''}; or keep the schema, with strategy app-only`,
    )
  if (step.tool === 'prisma') await refuseOwnTransactions(contents)
  const up = await judgements(contents.toReversed(), [])
  const assessment = assess(up, lost, { answer: 'yes', because: 'the table holds what its files hold' })
  const moves = movesOf(files, contents)
  const names = situation.applied.map(({ name }) => name)
  const at = (which: 'leaving' | 'target', applied: string[]): MigrationsState => ({
    at: which,
    database: identity,
    table: tableOf(step),
    applied: digestOf(applied),
    migrations: moves,
  })
  const destroyed = assessment.undo
  return {
    ...common(step, identity, situation),
    summary: summaryOf(step, files.length, isAtomic(contents, 'down')),
    from: at('leaving', names),
    to: at('target', names.slice(0, names.length - files.length)),
    changes: changesOf(contents, 'down'),
    reversible:
      destroyed.answer === 'yes' ? true : { because: 'what the undo destroys does not come back with the schema' },
    warnings: [...locked, ...undoWarnings(assessment, contents)],
    lost: files.map(({ name }) => name),
    impact: ['the release that is left breaks while its schema is taken away: stop it first'],
    schema: safety([destroyed.answer]),
    data: true,
  }
}

function undoWarnings(assessment: Assessment, contents: readonly Contents[]): Warning[] {
  const together = isAtomic(contents, 'down')
    ? []
    : [
        {
          code: 'NOT_ATOMIC',
          message:
            'some statements can not run in a transaction: each migration is taken back by itself, and a failure leaves those before it taken back',
        },
      ]
  return [...warningsOf(assessment, propose(assessment), 'undo-migrations'), ...together]
}

/** A lock that a killed process left keeps every tool out, and so does one that is in use. */
function lockWarnings(step: MigrationsStep, { locked, open }: Situation): Warning[] {
  if (!locked) return []
  if (!step.force)
    throw new UnwindError(
      'TARGET_OWNED',
      `${step.tool}'s own lock is held: a migration runs, or one was killed. Wait for it; where nothing migrates any more, set force with the reason`,
    )
  return [
    {
      code: 'OWNED',
      message: `${step.tool}'s own lock is held and will be freed, ${open.length === 0 ? 'if no session is open then that may hold it, and none is now' : `once ${said(open)} that may hold it are gone`}; forced: ${step.force.reason}`,
      confirm: true,
    },
  ]
}

function movesOf(files: readonly MigrationFile[], contents: readonly Contents[]): MigrationsState['migrations'] {
  return files.map(({ name, sha256 }, index) => ({ name, sha256, down: wayDigest(contents[index]?.down) }))
}
