import type { Warning } from '../../../model/target.ts'
import type { Deployment } from './objects.ts'
import { type Candidate, leftBehind } from './revision.ts'
import { parts } from './template.ts'

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
