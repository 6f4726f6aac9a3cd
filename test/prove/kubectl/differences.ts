import type { Attempt } from './attempt.ts'

/** One way in which Unwind means to differ from kubectl, as docs/guide/kubectl.md lists it. */
export interface Difference {
  name: string
  /** Whether what was seen is this difference, and no more than that. */
  is: (attempt: Attempt) => boolean
}

/**
 * Fixed beforehand: any other difference is a failure. Each has a test that shows what kubectl does to people
 * (test/targets/kubernetes.kubectl.test.ts).
 */
export const DIFFERENCES: readonly Difference[] = [
  {
    // kubectl looked before the controller had kept the new template: it took the second-highest number for the revision
    // before, or found a number that moves with the new template.
    name: 'unobserved',
    is: ({ life, to, ours, theirs, before }) => {
      if (life.hasty === undefined) return false
      if (to !== 'previous') return ours.template === theirs.template
      return ours.ok && ours.template === before.last && theirs.template !== before.last
    },
  },
  {
    // kubectl does not know a number that a rollback has moved; the ReplicaSet itself remembers it.
    name: 'renumbered',
    is: ({ life, ours, theirs, before }) =>
      life.kind === 'deployment' && !theirs.ok && ours.ok && ours.moved && theirs.template === before.present,
  },
]
