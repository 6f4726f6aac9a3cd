import type { Again, CallContext } from '../../../../model/target.ts'
import type { Cluster } from '../../../kubernetes/connect.ts'
import { refused, unquoted } from '../../../kubernetes/faults.ts'
import type { Metadata } from '../../../kubernetes/objects.ts'
import { asked } from '../objects.ts'
import { FIELD_MANAGER } from '../patch.ts'
import { holderOf, isPromoted, type Sight } from './rollout.ts'
import type { RolloutState } from './state.ts'

const NUDGER = `${FIELD_MANAGER}-nudge`
const NUDGED_AT = 'unwind.dev/nudged-at'
/** How long its controller has to notice what was written. Milliseconds. */
const PATIENCE = 3_000
const LOOK = 250

/** Whether its controller acts on the word that the state asks for. */
export function isHeeded({ rollout }: Sight, { aborted, promoted }: RolloutState): boolean {
  const { spec, status = {} } = rollout
  if (aborted !== undefined) return aborted === (status.abortedAt !== undefined)
  if (promoted !== true || isPromoted(rollout)) return true
  const steps = spec.strategy?.canary?.steps?.length ?? 0
  return status.phase !== 'Paused' && (steps === 0 || status.currentStepIndex === steps)
}

/**
 * Waits for the controller, and nudges it where it seems to have overlooked what was written: a controller that has just
 * written itself may put an older object back into its cache (rollout/controller.go writeBackToInformer, seen with 1.9.1),
 * and then looks again only after minutes, or once something touches the Rollout.
 */
export async function untilHeeded(sight: Sight, doing: string, context: CallContext<Cluster>): Promise<Again> {
  const { metadata } = sight.rollout
  const { metadata: held } = holderOf(sight).object
  const told = [writtenAt(metadata, FIELD_MANAGER), writtenAt(held, FIELD_MANAGER), writtenAt(metadata, NUDGER)]
  const last = Math.max(...told)
  // Of something that we have not written we do not know since when it waits.
  if (last > 0 && sight.now - last >= PATIENCE) await nudge(sight, context)
  return { again: LOOK, doing }
}

/** By the API server's own clock, in whole seconds; 0 where this manager has written nothing. */
function writtenAt({ managedFields = [] }: Metadata, by: string): number {
  return Math.max(
    0,
    ...managedFields.flatMap(({ manager, time }) => (manager === by && time ? [Date.parse(time)] : [])),
  )
}

async function nudge({ spot, rollout, now }: Sight, { connection, signal }: CallContext<Cluster>): Promise<void> {
  const { uid, annotations } = rollout.metadata
  const path = `/metadata/annotations/${NUDGED_AT.replace('/', '~1')}`
  const body = [
    { op: 'test', path: '/metadata/uid', value: uid },
    ...(annotations ? [] : [{ op: 'add', path: '/metadata/annotations', value: {} }]),
    { op: 'add', path, value: new Date(now).toISOString() },
  ]
  const request = { method: 'PATCH', path: `${spot.path}?fieldManager=${NUDGER}`, body, signal } as const
  const answer = await connection.ask({ ...request, contentType: 'application/json-patch+json' }, asked('patch', spot))
  // Deleted and made anew meanwhile: the next look will say so.
  if (answer.status >= 300 && answer.status !== 422)
    throw refused(unquoted(answer), asked('patch', spot), connection.name)
}
