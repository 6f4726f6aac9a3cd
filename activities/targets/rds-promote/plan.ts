import type { DBInstance } from '@aws-sdk/client-rds'
import { UnwindError } from '../../../model/errors.ts'
import type { CallContext, Plan, Revision, Warning } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { byId, byName, required, tagOf } from '../../aws/instances.ts'
import { derived, TAGS } from '../../aws/names.ts'
import { type Pointer, pointerOf } from './pointers/pointer.ts'
import type { RdsPromoteStep } from './schema.ts'
import { type PlannedPromotion, parseState, type PromotionState } from './state.ts'

/** Two renames of up to ten minutes each, and the settings before (UserGuide, USER_RenameInstance). */
const LIMIT = 60 * 60_000
const VERIFY_LIMIT = 20 * 60_000

/** What has the name now. What it could be given to is made by a restore, or named by hand. */
export async function history(step: RdsPromoteStep, { connection, signal }: CallContext<Aws>): Promise<Revision[]> {
  const present = await required(connection, step.instance, signal)
  const { DbiResourceId: id = '', InstanceCreateTime: made } = present
  const details = { restoredTo: tagOf(present, TAGS.restoredTo) ?? '' }
  return [
    {
      id,
      title: step.instance,
      current: true,
      verified: false,
      ...(made && { createdAt: made.toISOString() }),
      details,
    },
  ]
}

/** Who would change places with whom. Reads only. */
export async function plan(step: RdsPromoteStep, context: CallContext<Aws>): Promise<Plan<PlannedPromotion>> {
  const { connection, towards } = context
  const { present, name, owner, warnings, impact } = await standing(step, context)
  const { DbiResourceId: serving = '' } = present
  const owned = ownership(step, name, owner)
  const next = towards ? await recorded(parseState(towards), context) : await candidateOf(step, serving, context)
  const shown = typeof next === 'string' ? next : `{ ${next.ref} }`
  const there = next === serving
  return {
    summary: there ? `${name} is ${serving} already` : `${name}: ${serving} → ${shown}; the old one is kept`,
    object: `aws/${connection.account}/${connection.region}/db/${serving}`,
    from: { name, serving, standby: next, candidate: next },
    to: { name, serving: next, standby: serving, candidate: next },
    changes: there ? [] : [{ path: name, from: serving, to: shown }],
    reversible: true,
    warnings: [...owned, ...warnings, ...dependants(present)],
    limits: { apply: LIMIT, verify: VERIFY_LIMIT },
    data: true,
    impact: [
      ...impact,
      'until applications write again it can be taken back without loss; after that, going back loses what they wrote',
    ],
  }
}

/** Which instance applications reach now, by what, and what it means to change that. */
interface Standing {
  present: DBInstance
  name: string
  owner: string | undefined
  warnings: Warning[]
  impact: string[]
}

async function standing(step: RdsPromoteStep, context: CallContext<Aws>): Promise<Standing> {
  const { connection, signal } = context
  const named = step.instance.toLowerCase()
  const pointer = await pointerOf(step, connection)
  if (pointer) return { ...(await ledTo(pointer, named, context)), name: pointer.name, impact: [pointer.impact] }
  const present = await required(connection, named, signal)
  const stack = tagOf(present, 'aws:cloudformation:stack-name')
  const impact = [
    `nothing answers at ${named} while it is renamed, up to 10 min for each of the two; the old one becomes ${derived(named, 'old')}`,
    `Terraform and others that know the instance go on with the old one: state rm and import ${named} anew`,
  ]
  const owner = stack && `the CloudFormation stack ${stack}, whose next update would undo the renames`
  return { present, name: named, owner, warnings: [], impact }
}

/** The instance of the step; of an earlier run's, whichever of its two is the one that the pointer leads to now. */
async function ledTo(pointer: Pointer, named: string, { connection, signal, towards }: CallContext<Aws>) {
  const known = towards && parseState(towards)
  const [sight, ...found] = await Promise.all([
    pointer.look({ signal }),
    known ? byName(connection, named, signal) : required(connection, named, signal),
    ...(known ? [known.serving, known.standby].map((id) => byId(connection, id, signal)) : []),
  ])
  const present = found.find((instance) => instance !== undefined && sight.leadsTo(instance))
  if (present) return { present, owner: sight.owner, warnings: sight.warnings }
  throw new UnwindError(
    'TARGET_REJECTED',
    `${pointer.name} leads to ${sight.shown || 'nothing'}, not to ${named}; name the instance that it leads to`,
  )
}

async function candidateOf({ candidate }: RdsPromoteStep, serving: string, { connection, signal }: CallContext<Aws>) {
  if (typeof candidate !== 'string') return candidate
  const found = await byName(connection, candidate.toLowerCase(), signal)
  if (!found?.DbiResourceId)
    throw new UnwindError('NO_ROLLBACK_TARGET', `there is no instance ${candidate} to promote; restore one first`)
  if (found.DbiResourceId === serving)
    throw new UnwindError('NO_ROLLBACK_TARGET', `${candidate} has the name already, so there is nothing to promote`)
  return found.DbiResourceId
}

/** Towards what an earlier run left: the instance that had the name then, if it is still kept. */
async function recorded(state: PromotionState, { connection, signal }: CallContext<Aws>): Promise<string> {
  if (await byId(connection, state.serving, signal)) return state.serving
  throw new UnwindError(
    'NO_ROLLBACK_TARGET',
    `${state.serving} had the name ${state.name} before and is not there any more`,
  )
}

/** What owns the name would put it back. */
function ownership({ force }: RdsPromoteStep, name: string, owner: string | undefined): Warning[] {
  if (owner === undefined) return []
  if (force) return [{ code: 'OWNED', message: `${name} belongs to ${owner}; forced: ${force.reason}` }]
  throw new UnwindError('TARGET_OWNED', `${name} belongs to ${owner}; change it there, or set force with a reason`)
}

/** What stays with the old instance, or goes by its resource id (UserGuide, USER_RenameInstance). */
function dependants({
  ReadReplicaDBInstanceIdentifiers: replicas = [],
  MasterUserSecret: secret,
  IAMDatabaseAuthenticationEnabled: iam,
}: DBInstance): Warning[] {
  return [
    ...(replicas.length > 0
      ? [
          {
            code: 'REPLICAS_STAY',
            message: `replicas stay with the old instance: ${replicas.join(', ')}`,
            confirm: true,
          },
        ]
      : []),
    ...(secret
      ? [
          {
            code: 'MANAGED_SECRET',
            message: 'the managed password stays with the old instance; the candidate has the one of its moment',
            confirm: true,
          },
        ]
      : []),
    ...(iam
      ? [{ code: 'IAM_BY_RESOURCE', message: 'policies for rds-db:connect name the resource id; allow the new one' }]
      : []),
  ]
}
