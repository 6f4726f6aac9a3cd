import { type Assessment, assess, propose } from '../../../model/compatibility.ts'
import { UnwindError } from '../../../model/errors.ts'
import type { CallContext, Plan, Warning } from '../../../model/target.ts'
import type { Database } from '../../postgres/connect.ts'
import { type Applied, digestOf, type Recorded, readApplied, tableOf } from './applied.ts'
import { bootOf } from './boot.ts'
import { type Contents, contentsOf, isAtomic, judgements, losses, wayDigest } from './contents.ts'
import { extra, refuseFailed, type Situation, toUndo } from './decide.ts'
import { type MigrationFile, releaseOf } from './files.ts'
import { refuseOwnTransactions } from './prisma.ts'
import { RIGHTS } from './rights.ts'
import type { MigrationsStep } from './schema.ts'
import { type MigrationsState, parseState } from './state.ts'
import { changesOf, summaryOf, warningsOf } from './words.ts'

const APPLY_LIMIT = 15 * 60_000
const VERIFY_LIMIT = 60_000

/** What the release brought to the schema, whether the old one can live with it, and what the chosen strategy would do. Reads only. */
export async function plan(step: MigrationsStep, context: CallContext<Database>): Promise<Plan<MigrationsState>> {
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

async function look(step: MigrationsStep, { connection, signal }: CallContext<Database>) {
  const [leaving, target] = await Promise.all([
    releaseOf(connection, step, 'leaving'),
    releaseOf(connection, step, 'target'),
  ])
  const identity = await connection.identity(signal)
  const recorded: Recorded = await connection.session(signal, (session) => readApplied(session, step), {
    rights: RIGHTS,
  })
  const situation: Situation = { ...recorded, leaving, target, checksums: step.tool === 'prisma' }
  return { situation, identity }
}

type Made = Plan<MigrationsState>

/** The schema stays. Whatever the old release could stumble over has to be accepted by a person. */
async function keep(
  step: MigrationsStep,
  situation: Situation,
  identity: string,
  context: CallContext<Database>,
): Promise<Made> {
  if (step.tool !== 'prisma') refuseFailed(situation)
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
  const unsafe = warningsOf(assessment, propose(assessment), 'app-only')
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
    warnings: unsafe,
  }
}

async function undo(
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
  if (step.tool === 'prisma') refuseOwnTransactions(contents)
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
    changes: changesOf(contents),
    reversible:
      destroyed.answer === 'yes' ? true : { because: 'what the undo destroys does not come back with the schema' },
    warnings: [...locked, ...undoWarnings(assessment, contents)],
    lost: files.map(({ name }) => name),
    impact: ['the release that is left breaks while its schema is taken away: stop it first'],
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

/** Back to where an earlier run found it: the way up again, from the files of the release that was left. */
async function towards(
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
    changes: contents
      .flatMap(({ file, up }) => (up?.statements ?? []).map((text) => ({ path: file.name, to: text.slice(0, 400) })))
      .slice(0, 100),
    reversible: true,
    warnings: [],
    data: true,
  }
}

/** A lock that a killed process left keeps every tool out, and so does one that is in use. */
function lockWarnings(step: MigrationsStep, { locked }: Situation): Warning[] {
  if (!locked) return []
  if (!step.force)
    throw new UnwindError(
      'TARGET_OWNED',
      `${step.tool}'s own lock is held: a migration runs, or one was killed. Wait for it; where nothing runs any more, set force with the reason`,
    )
  return [
    {
      code: 'OWNED',
      message: `${step.tool}'s own lock is held and will be freed; forced: ${step.force.reason}`,
      confirm: true,
    },
  ]
}

function common(step: MigrationsStep, identity: string, { target }: Situation) {
  return {
    object: `postgres/${identity}/migrations/${tableOf(step)}`,
    limits: { apply: APPLY_LIMIT, verify: VERIFY_LIMIT },
    release: target.name,
  }
}

function movesOf(files: readonly MigrationFile[], contents: readonly Contents[]): MigrationsState['migrations'] {
  return files.map(({ name, sha256 }, index) => ({ name, sha256, down: wayDigest(contents[index]?.down) }))
}

function digest(applied: readonly Applied[]): string {
  return digestOf(applied.map(({ name }) => name))
}
