import type { DBInstance } from '@aws-sdk/client-rds'
import { UnwindError } from '../../../model/errors.ts'
import type { Again, CallContext } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { byName, modify } from '../../aws/instances.ts'

/**
 * Sends the rename as the only change. The call names an instance by its present name, so one that arrives late finds
 * that name gone, or the new one taken by the very instance that it was about. Throws TARGET_REJECTED where another
 * instance has the new name.
 */
export async function rename(
  instance: DBInstance,
  to: string,
  { connection, signal }: CallContext<Aws>,
): Promise<Again> {
  const { DBInstanceIdentifier: from, DbiResourceId: id } = instance
  const sent = await modify(connection, instance, { NewDBInstanceIdentifier: to }, signal)
  if (sent === 'taken') {
    const other = await byName(connection, to, signal)
    if (other && other.DbiResourceId !== id)
      throw new UnwindError(
        'TARGET_REJECTED',
        `${from} (${id}) can't become ${to}: that name belongs to ${other.DbiResourceId}; rename or delete that one, then retry`,
      )
  }
  return {
    again: connection.poll,
    doing: `renames ${from} (${id}) to ${to}${sent === 'sent' ? '' : `; AWS says ${sent}`}`,
  }
}
