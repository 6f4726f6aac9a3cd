import type { Choice, Role } from '../../../model/run.ts'
import type { Question } from '../../../model/runbook/compiled.ts'

/** A runbook, what its systems do wrong, and what people answer. The same seed and index give the same case. */
export interface Case {
  seed: number
  index: number
  questions: (Omit<Question, 'evidence'> & { evidence: Known; given?: 'yes' | 'no' })[]
  procedures: Record<string, PlannedStep[]>
  /** By procedure: the step that puts another runbook in its place, whose condition is that of all steps in it. */
  embedded: Record<string, { id: string; when?: Known }>
  /** How many people have to approve the plan by the runbook's own rule; 0 for none. */
  approvals: number
  /** Nobody looks at what waits for an approval of the plan. */
  expiring: boolean
  /** The runbook gives the run hardly any time. */
  overdue: boolean
  checklist: { id: string; required: boolean; ticks?: { step: string } | { event: 'planned' } }[]
  objects: { name: string; revisions: string[] }[]
  /** By step and verb: what its calls meet in turn; all later calls go through. */
  faults: Record<string, FaultName[]>
  /** By subject: what people answer in turn. What comes later is answered by `answerOf` and `choiceOf`. */
  script: Record<string, string[]>
  /** Before which answers somebody pauses the run, as `<subject>/<nth>`. */
  pauses: string[]
  /** History events after which the run continues as a new execution. */
  events?: number
  /** Whether the worker keeps workflows in memory. */
  cache: boolean
}

/** A step by the name that it has within the run: `s2`, or `part.s2` in an embedded runbook. */
export interface PlannedStep {
  id: string
  role: Role
  object?: string
  irreversible?: boolean
  optional: boolean
  onFailure: 'pause' | 'compensate'
  retries?: number
  /** Whether the step has a time limit of its own, which is shorter than that of its plan. */
  timeout?: boolean
  group?: number
  when?: Known | { passed: string }
  /** The step whose object a check measures. */
  of?: string
}

/** What evidence says: an expression that holds, one that does not, and one that has no answer. */
export type Known = 'yes' | 'no' | 'unknown'
/** What one call meets. `moved:v2`: somebody else moves the object there just before it. */
export type FaultName = (typeof FAULTS)[number] | `moved:${string}`
export const FAULTS = [
  'ok',
  'unreachable',
  'forbidden',
  'thenTimeOut',
  'fail',
  'inconclusive',
  /** Not yet, and then it goes on. */
  'slow',
  /** Not yet for longer than the step's own limit, but not than its plan's. */
  'slower',
  /** Not yet for longer than any limit. */
  'stuck',
] as const

/** So often one activity tries by itself. */
export const ATTEMPTS = 2
/** What people choose of; `fix:v2` is a retry with another revision to go to. */
export const CHOICES: readonly Chosen[] = ['retry', 'skip', 'done', 'compensate', 'abort', 'fix:v1', 'fix:v3']
export type Chosen = Choice | `fix:${string}`
export type Answer = 'yes' | 'no' | 'glass'

/** What people choose at the nth stop of a step, out of what they are offered; after the script nothing goes on for ever. */
export function choiceOf(
  { script }: Case,
  { id, nth, fixable }: { id: string; nth: number; fixable: boolean },
  offered: readonly Choice[],
): Chosen {
  const wanted = script[`park ${id}`]?.[nth]
  if (fixable && wanted?.startsWith('fix:')) return wanted as Chosen
  const choice = offered.find((possible) => possible === wanted)
  if (choice) return choice
  if (nth < 3) return 'retry'
  return offered.includes('done') && !offered.includes('compensate') && nth < 6 ? 'done' : 'abort'
}

/** What people answer when a subject asks for the nth time: yes, after the script. */
export function answerOf({ script }: Case, subject: string, nth: number): Answer {
  return (script[subject]?.[nth] ?? 'yes') as Answer
}
