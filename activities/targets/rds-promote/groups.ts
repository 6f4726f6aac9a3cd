import type { DBInstance } from '@aws-sdk/client-rds'
import type { Again, CallContext } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { modify, tag, tagOf } from '../../aws/instances.ts'
import { TAGS } from '../../aws/names.ts'
import type { Pair } from './pair.ts'

/** Gives the one that comes the security groups and the protection of the one that leaves; undefined once it has them. */
export async function open({ leaving, coming }: Pair, context: CallContext<Aws>): Promise<Again | undefined> {
  const groups = groupsOf(leaving)
  const protection = leaving.DeletionProtection ?? false
  if (same(groups, groupsOf(coming)) && (coming.DeletionProtection ?? false) === protection) return undefined
  if (tagOf(coming, TAGS.quarantine) === undefined) {
    // It was made by hand: what it has now is what it gets back.
    const marked = await tag(
      context.connection,
      coming.DBInstanceArn,
      { [TAGS.quarantine]: groupsOf(coming).join(' ') },
      context.signal,
    )
    return {
      again: context.connection.poll,
      doing: `notes the groups of ${coming.DBInstanceIdentifier}${marked ? '' : ' again'}`,
    }
  }
  return set(coming, groups, protection, context)
}

/** Puts what was restored back into its quarantine once it stands aside; undefined where it has none, or is in it. */
export async function shut(
  aside: DBInstance,
  context: Pick<CallContext<Aws>, 'connection' | 'signal'>,
): Promise<Again | undefined> {
  const groups = tagOf(aside, TAGS.quarantine)?.split(' ')
  if (!groups || (same(groups, groupsOf(aside)) && !aside.DeletionProtection)) return undefined
  if (aside.DBInstanceStatus !== 'available')
    return { again: context.connection.poll, doing: `${aside.DBInstanceIdentifier} is ${aside.DBInstanceStatus}` }
  return set(aside, groups, false, context)
}

async function set(
  instance: DBInstance,
  groups: string[],
  DeletionProtection: boolean,
  { connection, signal }: Pick<CallContext<Aws>, 'connection' | 'signal'>,
): Promise<Again> {
  await modify(connection, instance, { VpcSecurityGroupIds: groups, DeletionProtection }, signal)
  return { again: connection.poll, doing: `gives ${instance.DBInstanceIdentifier} the groups ${groups.join(', ')}` }
}

function groupsOf({ VpcSecurityGroups = [] }: DBInstance): string[] {
  return VpcSecurityGroups.flatMap(({ VpcSecurityGroupId: id }) => id ?? []).toSorted()
}

function same(one: readonly string[], other: readonly string[]): boolean {
  return one.toSorted().join() === other.toSorted().join()
}
