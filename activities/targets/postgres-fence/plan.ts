import { milliseconds } from '../../../model/duration.ts'
import { UnwindError } from '../../../model/errors.ts'
import type { CallContext, Change, Plan, Warning } from '../../../model/target.ts'
import type { Database, Session } from '../../postgres/connect.ts'
import { fenced, readStanding, RIGHTS, rolesOf, type Standing } from './catalogue.ts'
import type { PostgresFenceStep } from './schema.ts'
import { type Intruder, intruders, named, sharers } from './sessions.ts'
import { type FenceState, type Grant, parseState, sameAccess } from './state.ts'

const APPLY_LIMIT = 120_000
/** Autovacuum commits too: several windows may pass before one is quiet. */
const WINDOWS = 10

/** Who may connect now, who could then, and who is in. Reads only. */
export async function plan(step: PostgresFenceStep, context: CallContext<Database>): Promise<Plan<FenceState>> {
  const { connection, signal } = context
  const identity = await connection.identity(signal)
  return connection.session(signal, (session) => planIn(session, identity, step, context), { rights: RIGHTS })
}

async function planIn(
  session: Session,
  identity: string,
  step: PostgresFenceStep,
  context: CallContext<Database>,
): Promise<Plan<FenceState>> {
  const assumed = context.assumed && parseState(context.assumed)
  const standing = await readStanding(session, rolesOf(step, ...(assumed ? [assumed] : [])))
  const { name } = standing
  const from = assumed ?? standing.state
  const to = goal(step, { ...standing, state: from }, context)
  const there = sameAccess(from, to)
  const inside = there ? [] : await intruders(session, standing, step)
  const closing = to.before !== undefined
  return {
    summary: there ? `${name} is ${step.to} already` : `${name}: ${closing ? 'open → fenced' : 'fenced → open'}`,
    object: `postgres/${identity}/access`,
    from,
    to,
    changes: there ? [] : changes(from, to),
    reversible: true,
    warnings: [
      ...foreignFence(standing, step, context),
      ...(there ? [{ code: 'ALREADY_THERE', message: `who may connect to ${name} is as wanted already` }] : []),
      ...(closing && !there ? await doubts(session, standing, step, inside) : []),
    ],
    limits: { apply: APPLY_LIMIT, verify: APPLY_LIMIT + WINDOWS * milliseconds(step.quiet) },
    data: true,
    ...(closing && !there && { impact: impact(name, inside) }),
  }
}

function goal(step: PostgresFenceStep, standing: Standing, { towards }: CallContext): FenceState {
  const { state, name } = standing
  if (towards) return sameDatabase(parseState(towards), state, name)
  if (step.to === 'fenced') {
    if (state.before) return state
    const { oid, ...before } = state
    return { oid, ...fenced(standing, step), before: { connect: before.connect, login: before.login } }
  }
  if (state.before) return { oid: state.oid, ...state.before }
  throw new UnwindError(
    'NO_ROLLBACK_TARGET',
    `nothing remembers who could connect to ${name} before a fence: no step has fenced it. Grant the rights by hand, or leave this step out`,
  )
}

function sameDatabase(state: FenceState, { oid }: FenceState, name: string): FenceState {
  if (state.oid === oid) return state
  throw new UnwindError('NO_ROLLBACK_TARGET', `${name} was dropped and made anew since the state was recorded`)
}

/** Another rollback that has fenced the database will open it when it ends. */
function foreignFence({ mark, name }: Standing, step: PostgresFenceStep, context: CallContext): Warning[] {
  if (!mark || mark.by === context.rollbackId) return []
  if (!step.force)
    throw new UnwindError(
      'TARGET_OWNED',
      `${name} is fenced by the rollback ${mark.by}, which will open it again; let it end, or set force with a reason`,
      { rollback: mark.by },
    )
  return [{ code: 'OWNED', message: `the rollback ${mark.by} has fenced ${name}; forced: ${step.force.reason}` }]
}

/** What a revoked right does not hold. */
async function doubts(
  session: Session,
  standing: Standing,
  step: PostgresFenceStep,
  inside: Intruder[],
): Promise<Warning[]> {
  const { name, me } = standing
  const sharing = await sharers(session)
  if (sharing > 0)
    throw new UnwindError(
      'TARGET_REJECTED',
      `${sharing} sessions in ${name} use the worker's own role ${me}, so they could not be told from the worker; give the worker a role of its own`,
    )
  const superusers = [...new Set(inside.flatMap((one) => (one.superuser && one.role !== null ? [one.role] : [])))]
  const free = superusers.filter((role) => !step.roles.includes(role))
  const message = `${free.join(', ')}: superusers connect whatever is revoked; name them in roles, or see that nothing connects as them`
  const others = inside.filter(({ type }) => type !== null && type !== 'client backend')
  const unseen = inside.some(({ type }) => type === null)
  return [
    ...(free.length > 0 ? [{ code: 'SUPERUSER_INSIDE', message, confirm: true }] : []),
    ...(step.roles.length > 0 ? [{ code: 'LOGIN_REVOKED', message: everywhere(step.roles) }] : []),
    ...(others.length > 0 ? [{ code: 'BACKGROUND_WRITERS', message: background(others) }] : []),
    ...(unseen
      ? [{ code: 'NOT_CHECKED', message: `the worker may not see all sessions; grant it with ${RIGHTS}` }]
      : []),
  ]
}

function everywhere(roles: string[]): string {
  return `${roles.join(', ')}: lose their login in every database of the server until the fence is opened`
}

function background(others: Intruder[]): string {
  return `background processes work in the database, and no fence holds them: ${named(others)}; disable the subscription or the extension`
}

function changes(from: FenceState, to: FenceState): Change[] {
  const roles = [...new Set([...from.connect, ...to.connect].map(({ role }) => role))].toSorted()
  const words = (grant: Grant | undefined) => (grant ? (grant.grantable ? 'may, and may grant it' : 'may') : 'may not')
  const connects = roles.map((role) => {
    const of = (state: FenceState) => words(state.connect.find((grant) => grant.role === role))
    return { path: `connect: ${role}`, from: of(from), to: of(to) }
  })
  const logins = [...new Set([...from.login, ...to.login])].map((role) => {
    const of = (state: FenceState) => (state.login.includes(role) ? 'may' : 'may not')
    return { path: `log in: ${role}`, from: of(from), to: of(to) }
  })
  return [...connects, ...logins].filter((change) => change.from !== change.to)
}

function impact(name: string, inside: Intruder[]): string[] {
  const ended = inside.length === 0 ? 'nobody is connected now' : `sessions that end: ${named(inside)}`
  return [`nothing reads or writes ${name} until it is opened; ${ended}`]
}
