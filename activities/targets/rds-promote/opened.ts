import { readable } from '../../../model/duration.ts'
import { UnwindError } from '../../../model/errors.ts'
import type { CallContext, Warning } from '../../../model/target.ts'
import type { Held } from '../../aws/held.ts'
import { openedAt, TAGS } from '../../aws/names.ts'
import { tagOf } from '../../aws/tags.ts'
import { runName } from '../../run-names.ts'

/**
 * The point of no return: once this run has opened the one that leaves to applications, it gives the place to nobody by
 * taking the run back. Throws TARGET_REJECTED. A later run may, because its plan says what that loses.
 */
export function refuseOpened(leaving: Held, { rollbackId }: Pick<CallContext, 'rollbackId'>): void {
  if (!tagOf(leaving, TAGS.opened)?.startsWith(`${runName(rollbackId)} `)) return
  throw new UnwindError(
    'TARGET_REJECTED',
    `${leaving.name} (${leaving.id}) was opened to applications at ${openedAt(leaving)}, so putting the old one back would lose what they have written since; keep it, or undo this rollback once it has ended, which shows the loss and asks`,
    { untouched: true },
  )
}

/** What somebody has to accept who plans to put the old one back after that. */
export function openedSince(serving: Held): { warnings: Warning[]; lost: string[] } {
  const at = openedAt(serving)
  if (at === undefined) return { warnings: [], lost: [] }
  const message = `traffic was opened to ${serving.name} (${serving.id}) at ${at}: what applications have written since is in it alone, and it is kept aside`
  const span = readable(Math.max(0, Date.now() - Date.parse(at)))
  return {
    warnings: [{ code: 'TRAFFIC_WAS_OPENED', message, confirm: true }],
    lost: [`what was written to ${serving.name} since ${at}: ${span} by now`],
  }
}
