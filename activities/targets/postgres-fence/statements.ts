import pg from 'pg'
import type { Standing } from './catalogue.ts'
import type { FenceState, Grant } from './state.ts'

/** One statement, and what it does in words that an error may repeat. */
export interface Statement {
  doing: string
  text: string
}

const { escapeIdentifier, escapeLiteral } = pg

/** From one access to the other. Rights are given before others are taken: the worker's own must never be missing. */
export function accessStatements({ name }: Standing, from: FenceState, to: FenceState): Statement[] {
  const database = escapeIdentifier(name)
  const given = to.connect.filter((grant) => !has(from.connect, grant))
  const taken = from.connect.filter(({ role }) => !to.connect.some((grant) => grant.role === role))
  const lowered = from.connect.filter((grant) => grant.grantable && has(to.connect, { role: grant.role }))
  const grant = ({ role, grantable }: Grant): Statement => ({
    doing: `grant ${role} the right to connect`,
    text: `GRANT CONNECT ON DATABASE ${database} TO ${who(role)}${grantable ? ' WITH GRANT OPTION' : ''}`,
  })
  const revoke = (role: string, option = ''): Statement => ({
    doing: `revoke the right to connect of ${role}`,
    text: `REVOKE ${option}CONNECT ON DATABASE ${database} FROM ${who(role)}`,
  })
  return [
    ...given.map(grant),
    ...lowered.map(({ role }) => revoke(role, 'GRANT OPTION FOR ')),
    ...taken.map(({ role }) => revoke(role)),
    ...from.login.filter((role) => !to.login.includes(role)).map((role) => login(role, 'NOLOGIN')),
    ...to.login.filter((role) => !from.login.includes(role)).map((role) => login(role, 'LOGIN')),
  ]
}

/** People see it in `\\l+`, and the next run reads it. */
export function commentStatement(name: string, comment: string | null): Statement {
  const text = comment === null ? 'NULL' : escapeLiteral(comment)
  return { doing: 'mark the database', text: `COMMENT ON DATABASE ${escapeIdentifier(name)} IS ${text}` }
}

function login(role: string, word: 'LOGIN' | 'NOLOGIN'): Statement {
  return { doing: `set ${word} on ${role}`, text: `ALTER ROLE ${escapeIdentifier(role)} ${word}` }
}

function who(role: string): string {
  return role === 'public' ? 'PUBLIC' : escapeIdentifier(role)
}

function has(grants: readonly Grant[], { role, grantable }: Grant): boolean {
  return grants.some((grant) => grant.role === role && (grant.grantable ?? false) === (grantable ?? false))
}
