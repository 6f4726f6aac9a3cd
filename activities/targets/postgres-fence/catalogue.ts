import { UnwindError } from '../../../model/errors.ts'
import type { Session } from '../../postgres/connect.ts'
import type { PostgresFenceStep } from './schema.ts'
import { type Access, type FenceState, type Grant, type Mark, readComment, sorted } from './state.ts'

/** The statements that grant what this kind needs. */
export const RIGHTS = 'docs/rbac/postgres-fence/role.sql'

/** What the catalogue says of the database and of who may get in. */
export interface Standing {
  state: FenceState
  name: string
  owner: string
  /** The role that the worker is. */
  me: string
  /** Whether that role has the rights of the owner: without them a REVOKE only warns, and changes nothing. */
  owns: boolean
  superuser: boolean
  mark: Mark | undefined
  /** People's own comment on the database. */
  comment: string | null
}

interface Row {
  oid: string
  name: string
  owner: string
  me: string
  owns: boolean
  superuser: boolean
  comment: string | null
  standby: boolean
  connect: { role: string | null; grantor: string; grantable: boolean }[] | null
}

/** The roles whose login counts: those that the step names, and those that a state remembers. */
export function rolesOf({ roles }: PostgresFenceStep, ...states: FenceState[]): string[] {
  return [...new Set([...roles, ...states.flatMap(({ login, before }) => [...login, ...(before?.login ?? [])])])]
}

/**
 * Reads it. Rights that were never touched are read as those that PostgreSQL then assumes. Throws TARGET_NOT_FOUND for a
 * role that isn't there, TARGET_REJECTED for what can't be taken and given back exactly.
 */
export async function readStanding(session: Session, roles: string[]): Promise<Standing> {
  const [row] = await session.rows<Row>('read pg_database', DATABASE)
  if (!row) throw new UnwindError('TARGET_NOT_FOUND', 'the database is gone; correct the connection')
  if (row.standby)
    throw new UnwindError('TARGET_REJECTED', `${row.name} is a standby, which takes no change; name the primary`)
  const { mark, rest } = readComment(row.comment)
  const connect = grantsOf(row)
  const login = await loginsOf(session, [...new Set([...roles, ...(mark?.login ?? [])])])
  const access = sorted({ connect, login })
  const before = mark && sorted({ connect: mark.connect, login: mark.login })
  const { name, owner, me, owns, superuser } = row
  return {
    state: { oid: row.oid, ...access, ...(before && { before }) },
    ...{ name, owner, me, owns, superuser, mark, comment: rest },
  }
}

const DATABASE = `
SELECT d.oid::text AS oid, d.datname AS name, pg_get_userbyid(d.datdba) AS owner, current_user AS me,
  pg_has_role(current_user, d.datdba, 'USAGE') AS owns, pg_is_in_recovery() AS standby,
  (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser,
  shobj_description(d.oid, 'pg_database') AS comment,
  (SELECT json_agg(json_build_object('role', CASE WHEN a.grantee <> 0 THEN pg_get_userbyid(a.grantee) END,
      'grantor', pg_get_userbyid(a.grantor), 'grantable', a.is_grantable))
    FROM aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a WHERE a.privilege_type = 'CONNECT') AS connect
FROM pg_database d WHERE d.datname = current_database()`

/** A right that somebody else than the owner granted can only be revoked, and given back, by that one. */
function grantsOf({ connect, owner, name }: Row): Grant[] {
  const foreign = (connect ?? []).find(({ grantor }) => grantor !== owner)
  if (foreign)
    throw new UnwindError(
      'TARGET_REJECTED',
      `the right to connect to ${name} of ${foreign.role ?? 'public'} was granted by ${foreign.grantor}, not by the owner ${owner}, so a fence could not give it back as it was; let the owner grant it`,
    )
  return (connect ?? []).map(({ role, grantable }) => ({
    role: role ?? 'public',
    ...(grantable && { grantable: true }),
  }))
}

/** Those of the named roles that may log in. */
async function loginsOf(session: Session, roles: string[]): Promise<string[]> {
  if (roles.length === 0) return []
  const text = 'SELECT rolname AS name, rolcanlogin AS login FROM pg_roles WHERE rolname = ANY($1)'
  const found = await session.rows<{ name: string; login: boolean }>('read pg_roles', text, [roles])
  const missing = roles.find((role) => !found.some(({ name }) => name === role))
  if (missing !== undefined)
    throw new UnwindError('TARGET_NOT_FOUND', `there is no role ${missing} on the server; correct roles of the step`)
  return found.flatMap(({ name, login }) => (login ? [name] : []))
}

/** Who is left in a fenced database: the worker's own role and those exempt, with what they had. */
export function fenced({ state, me }: Standing, step: PostgresFenceStep): Access {
  const kept = state.connect.filter(({ role }) => step.except.includes(role) || role === me)
  const granted = [me, ...step.except].filter((role) => !kept.some((grant) => grant.role === role))
  const login = state.login.filter((role) => !step.roles.includes(role))
  return sorted({ connect: [...kept, ...[...new Set(granted)].map((role) => ({ role }))], login })
}
