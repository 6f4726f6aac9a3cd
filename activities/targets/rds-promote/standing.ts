import { UnwindError } from '../../../model/errors.ts'
import type { CallContext, Warning } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { familyOf } from '../../aws/families.ts'
import { nameOf } from '../../aws/fields.ts'
import type { Held } from '../../aws/held.ts'
import { derived } from '../../aws/names.ts'
import { tagOf } from '../../aws/tags.ts'
import { type Pointer, pointerOf } from './pointers/pointer.ts'
import type { RdsPromoteStep } from './schema.ts'
import { parseState } from './state.ts'

/** Which database applications reach now, by what, and what it means to change that. */
interface Standing {
  present: Held
  name: string
  owner: string | undefined
  warnings: Warning[]
  impact: string[]
}

/** Reads it. Throws TARGET_NOT_FOUND where there is none, TARGET_REJECTED where what leads there leads elsewhere. */
export async function standing(step: RdsPromoteStep, context: CallContext<Aws>): Promise<Standing> {
  const { connection, signal } = context
  const named = nameOf(step)
  const pointer = await pointerOf(step, connection)
  if (pointer) return { ...(await ledTo(pointer, step, context)), name: pointer.name, impact: [pointer.impact] }
  const present = await familyOf(step).required(connection, named, signal)
  const stack = tagOf(present, 'aws:cloudformation:stack-name')
  const impact = [
    `nothing answers at ${named} while it is renamed, up to 10 min for each of the two; the old one becomes ${derived(named, 'old')}`,
    ...('cluster' in present.seen
      ? ['members keep their own names and endpoints: applications go by those of the cluster']
      : []),
    `Terraform and others that know the ${familyOf(step).word} go on with the old one: state rm and import ${named} anew`,
  ]
  const owner = stack && `the CloudFormation stack ${stack}, whose next update would undo the renames`
  return { present, name: named, owner, warnings: [], impact }
}

/** The database of the step; of an earlier run's, whichever of its two is the one that the pointer leads to now. */
async function ledTo(pointer: Pointer, step: RdsPromoteStep, { connection, signal, towards }: CallContext<Aws>) {
  const [family, named] = [familyOf(step), nameOf(step)]
  const known = towards && parseState(towards)
  const [sight, ...found] = await Promise.all([
    pointer.look({ signal }),
    known ? family.byName(connection, named, signal) : family.required(connection, named, signal),
    ...(known ? [known.serving, known.standby].map((id) => family.byId(connection, id, signal)) : []),
  ])
  const present = found.find((database) => database !== undefined && sight.leadsTo(database))
  if (present) return { present, owner: sight.owner, warnings: sight.warnings }
  throw new UnwindError(
    'TARGET_REJECTED',
    `${pointer.name} leads to ${sight.shown || 'nothing'}, not to ${named}; name the ${family.word} that it leads to`,
  )
}

/** What owns the name would put it back. Throws TARGET_OWNED unless the step is forced. */
export function ownership({ force }: RdsPromoteStep, name: string, owner: string | undefined): Warning[] {
  if (owner === undefined) return []
  if (force) return [{ code: 'OWNED', message: `${name} belongs to ${owner}; forced: ${force.reason}` }]
  throw new UnwindError('TARGET_OWNED', `${name} belongs to ${owner}; change it there, or set force with a reason`)
}

/** What stays with the old one, or goes by its resource id (UserGuide, USER_RenameInstance). */
export function dependants({ seen }: Held): Warning[] {
  const [of, replicas] =
    'cluster' in seen
      ? [seen.cluster, seen.cluster.ReadReplicaIdentifiers ?? []]
      : [seen.instance, seen.instance.ReadReplicaDBInstanceIdentifiers ?? []]
  const stay = `replicas stay with the old one: ${replicas.join(', ')}`
  const secret = 'the managed password stays with the old one; the candidate has the one of its moment'
  const iam = 'policies for rds-db:connect name the resource id; allow the new one'
  return [
    ...(replicas.length > 0 ? [{ code: 'REPLICAS_STAY', message: stay, confirm: true }] : []),
    ...(of.MasterUserSecret ? [{ code: 'MANAGED_SECRET', message: secret, confirm: true }] : []),
    ...(of.IAMDatabaseAuthenticationEnabled ? [{ code: 'IAM_BY_RESOURCE', message: iam }] : []),
  ]
}
