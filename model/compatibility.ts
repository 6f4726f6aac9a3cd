import type { Plan } from './target.ts'

/** Whether something holds: measured or derived, refuted, or not to be told. `unknown` counts as no wherever it matters. */
export type Answer = 'yes' | 'no' | 'unknown'

/** What one statement of a migration means for the release before it. */
export interface Judgement {
  /** The statement as people read it: one line, bounded, without the values of rows. */
  statement: string
  /** Whether every statement of the old code still succeeds. `no` also where that depends on data or on the old code. */
  schema: Answer
  /** Whether the old code can read what the new one may write now. */
  rows: Answer
  because: string
}

/** What one statement of an undo does to the data that was written since. */
export interface Loss {
  statement: string
  destroys: 'nothing' | 'data' | 'unknown'
  because: string
}

/** The four answers that a rollback of code over a changed schema needs, each with the statements that decided it. */
export interface Assessment {
  /** Can the old code run on the new schema? */
  schema: { answer: Answer; deciding: Judgement[] }
  /** Will the old release start, its own migration step included? */
  boot: { answer: Answer; because: string }
  /** Can the old code read the rows that the new one wrote? */
  rows: { answer: Answer; deciding: Judgement[] }
  /** What does an undo destroy? `answer` is yes where it destroys nothing. */
  undo: { answer: Answer; deciding: Loss[]; because?: string }
}

/** How a rollback deals with the schema that the release being left made. */
export const STRATEGIES = ['app-only', 'undo-migrations', 'restore-and-promote'] as const
export type Strategy = (typeof STRATEGIES)[number]

/** Which strategy is proposed and why; `automatic` is false wherever a person has to say yes to it first. */
export interface Proposal {
  strategy: Strategy
  automatic: boolean
  reasons: string[]
}

/**
 * Puts the answers of single statements together: the worst counts. `undo` is absent where there is nothing to undo by,
 * with the reason.
 */
export function assess(
  up: readonly Judgement[],
  undo: readonly Loss[] | { impossible: string },
  boot: Assessment['boot'],
): Assessment {
  return {
    schema: worst(up, 'schema'),
    boot,
    rows: worst(up, 'rows'),
    undo: Array.isArray(undo)
      ? worstLoss(undo as readonly Loss[])
      : { answer: 'no', deciding: [], because: (undo as { impossible: string }).impossible },
  }
}

/**
 * `app-only` where the old code starts, runs and reads on the schema as it is; else `undo-migrations` where that destroys
 * nothing, or where people may weigh what it destroys; else `restore-and-promote`. Nothing that is unknown is automatic.
 */
export function propose({ schema, boot, rows, undo }: Assessment): Proposal {
  const kept = [
    `the old code ${said(schema.answer)} on the new schema`,
    `the old release ${boot.answer === 'yes' ? 'starts' : boot.answer === 'no' ? 'does not start' : 'may not start'}: ${boot.because}`,
    `the old code ${said(rows.answer, 'reads', 'may not read')} what the new one wrote`,
  ]
  if ([schema, boot, rows].every(({ answer }) => answer === 'yes'))
    return { strategy: 'app-only', automatic: true, reasons: kept }
  if (undo.because) {
    const reasons = [...kept, `no undo: ${undo.because}`]
    return { strategy: 'restore-and-promote', automatic: false, reasons }
  }
  const lost = {
    yes: 'an undo destroys nothing',
    no: 'an undo destroys what was written since; see the statements',
    unknown: 'what an undo destroys is not known',
  }[undo.answer]
  if (undo.answer === 'unknown') return { strategy: 'restore-and-promote', automatic: false, reasons: [...kept, lost] }
  return { strategy: 'undo-migrations', automatic: undo.answer === 'yes', reasons: [...kept, lost] }
}

/** Several answers in the word of `Plan.schema`: the worst of them. An undo is safe where it destroys nothing. */
export function safety(answers: readonly Answer[]): NonNullable<Plan['schema']> {
  if (answers.includes('no')) return 'unsafe'
  return answers.every((answer) => answer === 'yes') ? 'safe' : 'unknown'
}

function said(answer: Answer, yes = 'runs', no = 'may not run'): string {
  return answer === 'yes' ? yes : answer === 'no' ? no : `is not known to ${yes === 'runs' ? 'run' : 'read'}`
}

/** At most so many statements are shown for one answer; the others are counted by whoever shows them. */
const SHOWN = 20

function worst(all: readonly Judgement[], of: 'schema' | 'rows'): { answer: Answer; deciding: Judgement[] } {
  for (const answer of ['no', 'unknown'] as const) {
    const deciding = all.filter((one) => one[of] === answer)
    if (deciding.length > 0) return { answer, deciding: deciding.slice(0, SHOWN) }
  }
  return { answer: 'yes', deciding: [] }
}

function worstLoss(all: readonly Loss[]): Assessment['undo'] {
  const unknown = all.filter(({ destroys }) => destroys === 'unknown')
  const data = all.filter(({ destroys }) => destroys === 'data')
  if (unknown.length > 0) return { answer: 'unknown', deciding: [...unknown, ...data].slice(0, SHOWN) }
  return data.length > 0 ? { answer: 'no', deciding: data.slice(0, SHOWN) } : { answer: 'yes', deciding: [] }
}
