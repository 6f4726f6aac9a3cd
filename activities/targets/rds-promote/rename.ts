import { UnwindError } from '../../../model/errors.ts'
import type { Again, CallContext } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { familyOf } from '../../aws/families.ts'
import type { Named } from '../../aws/fields.ts'
import type { Held } from '../../aws/held.ts'

/**
 * Sends the rename as the only change. The call names a database by its present name, so one that arrives late finds
 * that name gone, or the new one taken by the very one that it was about. Throws TARGET_REJECTED where another
 * one has the new name.
 */
export async function rename(
  step: Named,
  held: Held,
  to: string,
  { connection, signal }: CallContext<Aws>,
): Promise<Again> {
  const family = familyOf(step)
  const { name: from, id } = held
  const sent = await family.change(connection, held, { name: to }, signal)
  if (sent === 'taken') {
    const other = await family.byName(connection, to, signal)
    if (other && other.id !== id)
      throw new UnwindError(
        'TARGET_REJECTED',
        `${from} (${id}) can't become ${to}: that name belongs to ${other.id}; rename or delete that one, then retry`,
      )
  }
  return {
    again: connection.poll,
    doing: `renames ${from} (${id}) to ${to}${sent === 'sent' ? '' : `; AWS says ${sent}`}`,
  }
}
