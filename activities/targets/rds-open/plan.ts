import { UnwindError } from '../../../model/errors.ts'
import type { CallContext, Plan, Revision } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { familyOf } from '../../aws/families.ts'
import { nameOf } from '../../aws/fields.ts'
import { openedAt, TAGS } from '../../aws/names.ts'
import { tagOf } from '../../aws/tags.ts'
import type { RdsOpenStep } from './schema.ts'
import { type OpenState, parseState, type PlannedOpen } from './state.ts'

const LIMIT = 20 * 60_000
const VERIFY_LIMIT = 10 * 60_000

const BECAUSE =
  'applications write to the new database from then on: putting the old one back would lose what they have written'

/** What has the name now, and since when it is open. */
export async function history(step: RdsOpenStep, { connection, signal }: CallContext<Aws>): Promise<Revision[]> {
  const present = await familyOf(step).required(connection, nameOf(step), signal)
  const details = { openedAt: openedAt(present) ?? '' }
  return [{ id: present.id, title: present.name, current: true, verified: false, details }]
}

/** Whom applications would reach. Reads only. */
export async function plan(step: RdsOpenStep, context: CallContext<Aws>): Promise<Plan<PlannedOpen>> {
  const { connection, towards, signal } = context
  const name = nameOf(step)
  const present = await familyOf(step).required(connection, name, signal)
  const base = {
    object: `aws/${connection.account}/${connection.region}/db/${present.id}/traffic`,
    limits: { apply: LIMIT, verify: VERIFY_LIMIT },
    data: true,
  }
  if (towards) return { ...base, ...(await back(step, parseState(towards), context)) }
  const serving = await servingOf(step, context)
  const shown = typeof serving === 'string' ? serving : `{ ${serving.ref} }`
  return {
    ...base,
    summary: `${name} (${shown}) is opened to applications; from then on the promotion is not taken back`,
    from: { name, serving, open: false },
    to: { name, serving, open: true },
    changes: [{ path: `${name}: traffic`, from: 'closed', to: 'open' }],
    reversible: { because: BECAUSE },
    warnings: [],
    impact: ['applications reach it by the security groups of the one before'],
  }
}

/** By name it has to be there, and to serve. */
async function servingOf(step: RdsOpenStep, { connection, signal }: CallContext<Aws>) {
  const { serving } = step
  if (typeof serving !== 'string') return serving
  const found = await familyOf(step).byName(connection, serving.toLowerCase(), signal)
  if (found && tagOf(found, TAGS.serves) !== undefined) return found.id
  throw new UnwindError(
    'NO_ROLLBACK_TARGET',
    `${serving} ${found ? 'was not put in place by a promotion' : 'is not there'}, so there is nothing to open; promote it first`,
  )
}

/** A later run closes it before it puts the old one back, so that the loss is what was written until then and no more. */
async function back(step: RdsOpenStep, state: OpenState, { connection, signal }: CallContext<Aws>) {
  const { name, serving } = state
  const found = await familyOf(step).byId(connection, serving, signal)
  const since = found && openedAt(found)
  const there = { ...state, open: false }
  if (!found || !since) return { ...still(there), summary: `nothing to do: ${name} was not opened, or is gone` }
  const message = `applications are cut off from ${found.name} (${serving}), and keep what they have written since ${since} only in it`
  return {
    summary: `${name} (${serving}) is closed to applications`,
    from: { ...state, open: true },
    to: there,
    changes: [{ path: `${name}: traffic`, from: 'open', to: 'closed' }],
    reversible: true as const,
    warnings: [{ code: 'TRAFFIC_CLOSED', message, confirm: true }],
  }
}

function still(state: OpenState) {
  return { from: state, to: state, changes: [], reversible: true as const, warnings: [] }
}
