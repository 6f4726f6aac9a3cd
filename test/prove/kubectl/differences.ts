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
    // kubectl took the second-highest number before the controller had given the new template one.
    name: 'unobserved',
    is: ({ life, ours, theirs, before }) =>
      life.hasty !== undefined && ours.ok && (!theirs.ok || theirs.template !== before.present),
  },
  {
    // kubectl does not know a number that a rollback has moved; the ReplicaSet itself remembers it.
    name: 'renumbered',
    is: ({ life, ours, theirs, before }) =>
      life.kind === 'deployment' && !theirs.ok && ours.ok && ours.moved && theirs.template === before.present,
  },
]
