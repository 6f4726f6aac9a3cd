import { UnwindError } from '../../../model/errors.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { clip } from '../../kubernetes/faults.ts'
import { list } from '../../kubernetes/objects.ts'
import type { Candidate } from './candidate.ts'
import { mask } from '../../kubernetes/shown.ts'
import { hiddenValues } from './diff.ts'
import type { Spot } from './objects.ts'

/** What a warning said, and when it was said last, epoch milliseconds. */
export interface Said {
  message: string
  at: number
}

interface Event {
  message?: string
  lastTimestamp?: string
  eventTime?: string
}

/**
 * The newest warning about an object, without values of the template; undefined where there is none or it may not be
 * read. `reason` is one of those that controllers give: FailedCreate.
 */
export async function newestWarning(
  cluster: Cluster,
  { uid, reason }: { uid: string; reason?: string },
  { template }: Candidate,
  { namespace }: Pick<Spot, 'namespace'>,
  signal: AbortSignal,
): Promise<Said | undefined> {
  const of = `involvedObject.uid=${uid},type=Warning${reason === undefined ? '' : `,reason=${reason}`}`
  try {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/events`
    const events = await list<Event>(cluster, {
      ...{ path, resource: 'events', namespace, signal },
      query: { fieldSelector: of },
    })
    const at = (event: Event) => Date.parse(event.lastTimestamp ?? event.eventTime ?? '') || 0
    const last = events.sort((a, b) => at(b) - at(a))[0]
    return last?.message ? { message: clip(mask(last.message, hiddenValues(template)), 300), at: at(last) } : undefined
  } catch (error) {
    if (error instanceof UnwindError && error.code === 'TARGET_FORBIDDEN') return undefined
    throw error
  }
}
