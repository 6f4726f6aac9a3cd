import { createHash } from 'node:crypto'
import { canonical } from '../../../model/canonical.ts'
import type { Template } from './objects.ts'

/** Labels by which controllers tell pods of one ReplicaSet from those of another; no part of what people wrote. */
const POD_TEMPLATE_HASHES = ['pod-template-hash', 'rollouts-pod-template-hash']

/** sha256 of a pod template's canonical JSON: equal for the same template in a workload and in what keeps it. */
export function templateHash(template: Template): string {
  return createHash('sha256')
    .update(canonical(pure(template)))
    .digest('hex')
}

/**
 * The template as somebody wrote it: without the controller's label and without the nulls that some clients write for
 * absent fields. It is what goes back into the workload, so nothing else is touched.
 */
export function pure(template: Template): Template {
  const copy = withoutNulls(template) as Template
  const labels = copy.metadata?.labels
  if (labels) for (const label of POD_TEMPLATE_HASHES) delete labels[label]
  if (labels && Object.keys(labels).length === 0) delete copy.metadata?.labels
  return copy
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, item]) => item !== null)
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutNulls(item)]))
}

/** Every container's image, init containers last. */
export function images(template: Template): string[] {
  const containers = [...(template.spec?.containers ?? []), ...(template.spec?.initContainers ?? [])]
  return containers.flatMap((container) => (container.image ? [container.image] : []))
}

/** Tag and digest of an image reference; a colon before the last slash belongs to a port. */
export function parts(image: string): { tag: string | undefined; digest: string | undefined } {
  const [name = '', digest] = image.split('@')
  const last = name.slice(name.lastIndexOf('/') + 1)
  const colon = last.indexOf(':')
  return { tag: colon < 0 ? undefined : last.slice(colon + 1), digest }
}
