import type { Warning } from '../../../model/target.ts'
import type { Place } from '../../kubernetes/objects.ts'
import type { Deployment } from './objects.ts'
import { owned, type Owner } from '../../kubernetes/owner.ts'
import { type Candidate, leftBehind } from './revision.ts'
import type { KubernetesStep } from './schema.ts'
import { parts } from './template.ts'

/** A forced plan says whom it goes behind. Throws TARGET_OWNED when the step does not force it. */
export function ownershipWarnings(owner: Owner | undefined, step: KubernetesStep, place: Place): Warning[] {
  if (!owner) return []
  if (!step.force) throw owned(owner, 'Deployment', place)
  const message = `${owner.system} ${owner.name} owns the Deployment and may put it back; forced: ${step.force.reason}`
  return [{ code: 'OWNED', message }]
}

/** A revision that somebody rolled back from once was bad then. */
export function leftWarnings(deployment: Deployment, all: readonly Candidate[], candidate: Candidate): Warning[] {
  if (!leftBehind(deployment, all).has(candidate.name)) return []
  const message = `an earlier rollback left revision ${candidate.revision} (${candidate.name}); it may be bad as well`
  return [{ code: 'ROLLED_BACK_BEFORE', message, confirm: true }]
}

/** What a tag stands for is decided by the registry at pull time. */
export function imageWarnings(candidate: Candidate): Warning[] {
  const mutable = candidate.images.filter((image) => parts(image).digest === undefined)
  if (mutable.length === 0) return []
  const message = `${mutable.join(', ')}: a tag can be pushed anew or removed, so the image may not be the one that ran; use digests`
  return [{ code: 'MUTABLE_TAG', message }]
}

/** kubernetes/kubernetes#137064: kubectl itself warns of this since 1.36. */
export function clientSideApply({ metadata }: Deployment): Warning[] {
  if (!metadata.annotations?.['kubectl.kubernetes.io/last-applied-configuration']) return []
  const message =
    'made with client-side kubectl apply, which does not learn of a rollback: the next apply can bring removed fields back; use kubectl apply --server-side'
  return [{ code: 'CLIENT_SIDE_APPLY', message }]
}

/** Says what the account could not see, rather than that there was nothing. */
export function notChecked(unread: string[]): Warning[] {
  if (unread.length === 0) return []
  const message = `not looked at, because the account may not read them: ${unread.join(', ')}`
  return [{ code: 'NOT_CHECKED', message }]
}
