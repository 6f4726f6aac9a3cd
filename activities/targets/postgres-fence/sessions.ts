import type { Session } from '../../postgres/connect.ts'
import type { Standing } from './catalogue.ts'
import type { PostgresFenceStep } from './schema.ts'

/** Somebody in the database beside the worker and those exempt. */
export interface Intruder {
  pid: number
  role: string | null
  superuser: boolean
  /** null where the worker's role may not see it. */
  type: string | null
}

/** They write nothing of their own, or end with the session that they serve. */
const HARMLESS = ['autovacuum worker', 'autovacuum launcher', 'walsender', 'parallel worker']

/** Everybody in the database who could write: also background workers, such as those of a subscription. */
export async function intruders(session: Session, { me }: Standing, step: PostgresFenceStep): Promise<Intruder[]> {
  return session.rows<Intruder>('read pg_stat_activity', ACTIVITY, [[me, ...step.except], HARMLESS])
}

const ACTIVITY = `
SELECT a.pid, a.usename AS role, coalesce(r.rolsuper, false) AS superuser, a.backend_type AS type
FROM pg_stat_activity a LEFT JOIN pg_roles r ON r.oid = a.usesysid
WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
  AND NOT (coalesce(a.usename, '') = ANY ($1)) AND NOT (coalesce(a.backend_type, '') = ANY ($2))
ORDER BY a.pid LIMIT 1000`

/** Sessions of the worker's own role that are not the worker's: an application that shares it can't be fenced. */
export async function sharers(session: Session): Promise<number> {
  const text = `SELECT count(*)::int AS n FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user AND application_name <> 'unwind'`
  return (await session.rows<{ n: number }>('read pg_stat_activity', text))[0]?.n ?? 0
}

/** Ends those whom the worker may end; a superuser's session only a superuser can. */
export async function terminate(session: Session, all: Intruder[], { superuser }: Standing): Promise<void> {
  const pids = all.flatMap((one) => (one.type === 'client backend' && (superuser || !one.superuser) ? [one.pid] : []))
  if (pids.length === 0) return
  await session.rows('end sessions of other roles', 'SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) pid', [
    pids,
  ])
}

/** Who they are, by role: `3 of shop, 1 of postgres (a superuser)`. */
export function named(all: readonly Intruder[]): string {
  const words = all.map(({ role, superuser, type }) => {
    if (role === null) return `${type ?? 'a session that the worker may not see'}`
    return superuser ? `${role} (a superuser)` : role
  })
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  const list = [...counts].map(([word, count]) => `${count} of ${word}`)
  return list.length > 5 ? `${list.slice(0, 5).join(', ')} and others` : list.join(', ')
}
