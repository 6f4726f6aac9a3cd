import type { CallContext, Revision } from '../../../model/target.ts'
import type { Database } from '../../postgres/connect.ts'
import { readStanding, RIGHTS } from './catalogue.ts'
import type { PostgresFenceStep } from './schema.ts'
import type { Access } from './state.ts'

/** Who may connect now, and behind a fence who could before it. */
export async function history(step: PostgresFenceStep, context: CallContext<Database>): Promise<Revision[]> {
  const { connection, signal } = context
  const { state, mark } = await connection.session(signal, (session) => readStanding(session, step.roles), {
    rights: RIGHTS,
  })
  const present = revision('present', state, true)
  if (!mark || !state.before) return [present]
  return [present, { ...revision('before', state.before, false), details: { fencedBy: mark.by } }]
}

function revision(id: string, { connect }: Access, current: boolean): Revision {
  const title = `may connect: ${connect.map(({ role }) => role).join(', ')}`
  return { id, title, current, verified: false, details: {} }
}
