import { z } from 'zod'
import { embedExpression } from '../expression/index.ts'
import { partsOf, replaceReferences } from '../reference.ts'
import { Duration, Name } from '../step.ts'
import type { CheckStep, RunbookEntry, RunbookStep } from './steps.ts'
import { filled } from './templates.ts'

/** An entry of a procedure: steps that are carried out in one cluster after another. */
export interface Spread {
  clusters: string[]
  budget?: number | undefined
  pause?: string | undefined
  steps: RunbookStep[]
}

/** The parameter that says to the steps of such an entry which cluster they are for. */
export const CLUSTER = 'cluster'

/** The schema of such an entry, of this schema of its steps. */
export function spreadEntry(step: z.ZodType): z.ZodType {
  return z
    .strictObject({
      clusters: z
        .array(Name)
        .min(1)
        .max(20)
        .describe('Connections of clusters, in their order. Those of other environments are left out.'),
      budget: z
        .int()
        .min(1)
        .max(10)
        .optional()
        .describe('So many clusters are changed at the same time, and may be down, at most. Default: 1.'),
      pause: Duration.optional().describe('Between the last step of one cluster and the first of the next.'),
      steps: z
        .array(step)
        .min(1)
        .max(20)
        .describe('For each cluster, as <cluster>.<step>. {{ parameters.cluster }} is its name.'),
    })
    .meta({
      id: 'RunbookClusters',
      description:
        'Steps that are carried out in one cluster after another. A failure parks before the next one begins.',
    })
}

/** Whether an entry is one for several clusters. */
export function isSpread(entry: RunbookEntry): entry is Spread {
  return 'clusters' in entry
}

/** A step of one cluster: its name in the run, where it stands in the entry, and with which others it goes together. */
export interface SpreadStep {
  id: string
  cluster: string
  step: RunbookStep
  path: PropertyKey[]
  /** Counts from 0; the same number is carried out at the same time. */
  together?: number
}

/**
 * The steps of an entry, cluster by cluster; with a budget of several, each step of so many clusters at the same time, before
 * any of them has its next one. `name` is what a step is called without the cluster.
 */
export function spreadOut(
  { clusters, budget = 1, pause, steps }: Spread,
  name: (step: RunbookStep, index: number) => string,
): SpreadStep[] {
  const names = steps.map(name)
  let groups = 0
  return chunks(clusters, budget).flatMap((chunk, turn) => {
    const [first = ''] = chunk
    const wait: RunbookStep = { kind: 'wait', for: pause ?? '' }
    const pausing = turn > 0 && pause !== undefined
    const waits = pausing ? [{ id: `${first}.pause`, cluster: first, step: wait, path: ['pause'] }] : []
    const rest = steps.flatMap((step, index) => {
      const group = chunk.length > 1 ? { together: groups++ } : {}
      return chunk.map((cluster) => ({
        ...{ id: `${cluster}.${names[index]}`, cluster, path: ['steps', index], ...group },
        step: within(step, cluster, names),
      }))
    })
    return [...waits, ...rest]
  })
}

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  return items.flatMap((_, at) => (at % size === 0 ? [items.slice(at, at + size)] : []))
}

/** The step with its cluster's name filled in, and with the names that its neighbours have in that cluster. */
function within(step: RunbookStep, cluster: string, names: readonly string[]): RunbookStep {
  const rename = (id: string) => (names.includes(id) ? `${cluster}.${id}` : id)
  const { when, ...filledIn } = filled(step, { [CLUSTER]: cluster }) as RunbookStep
  const moved = replaceReferences(filledIn as RunbookStep, (reference) => {
    const { step: id, field } = partsOf(reference)
    return { ref: `${rename(id)}.${field}` }
  })
  const condition = when === undefined ? {} : { when: embedExpression(when, { [CLUSTER]: cluster }, rename) }
  if (!isCheck(moved)) return { ...moved, ...condition }
  const all = moved.all.map((each) => (typeof each['of'] === 'string' ? { ...each, of: rename(each['of']) } : each))
  return { ...moved, ...condition, all }
}

function isCheck(step: RunbookStep): step is CheckStep {
  return step.kind === 'check'
}
