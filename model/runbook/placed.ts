import type { Runbook, RunbookEntry, RunbookStep } from './document.ts'
import { isSpread, type Spread, spreadOut } from './spread.ts'
import { isParallel } from './steps.ts'

/** The procedure of a runbook that has but one, under `steps`. */
export const ONLY_PROCEDURE = 'steps'

/** A step with where it stands: its procedure, the path in the document, the number of its group. */
export interface Placed {
  procedure: string
  path: PropertyKey[]
  /** Its own id, else its kind and its number among the steps of the procedure. */
  id: string
  step: RunbookStep
  group?: number
  /** The cluster that it is for, where it is written once for several. */
  cluster?: string
}

/** Every procedure by name, in the order of the document; that of `steps` is called `steps`. */
export function proceduresOf({ steps, procedures = {} }: Runbook): [name: string, RunbookEntry[]][] {
  return [...(steps ? [[ONLY_PROCEDURE, steps] as [string, RunbookEntry[]]] : []), ...Object.entries(procedures)]
}

export function procedureNames(runbook: Runbook): string[] {
  return proceduresOf(runbook).map(([name]) => name)
}

/**
 * Every step of every procedure, parallel ones too, in order; what is written for several clusters once for each of those
 * that `has` says are there.
 */
export function placedSteps(runbook: Runbook, has: (cluster: string) => boolean = () => true): Placed[] {
  return proceduresOf(runbook).flatMap(([name, entries]) => placedIn(runbook, name, entries, has))
}

/** The steps of one procedure. Groups count from 1 within it. */
function placedIn(
  { steps }: Runbook,
  procedure: string,
  entries: RunbookEntry[],
  has: (cluster: string) => boolean,
): Placed[] {
  const root = steps === entries ? ['steps'] : ['procedures', procedure]
  let [number, groups] = [0, 0]
  const place = (step: RunbookStep, path: PropertyKey[]): Placed => {
    number += 1
    return { procedure, path, id: step.id ?? `${step.kind}-${number}`, step }
  }
  const spread = (entry: Spread, path: PropertyKey[]): Placed[] => {
    const [before, first] = [number, groups + 1]
    number += entry.steps.length
    const clusters = entry.clusters.filter(has)
    const all = spreadOut({ ...entry, clusters }, ({ id, kind }, index) => id ?? `${kind}-${before + index + 1}`)
    groups += new Set(all.flatMap(({ together }) => together ?? [])).size
    return all.map(({ id, cluster, step, path: inside, together }) => ({
      ...{ procedure, path: [...path, ...inside], id, step, cluster },
      ...(together !== undefined && { group: first + together }),
    }))
  }
  return entries.flatMap((entry, at) => {
    if (isSpread(entry)) return spread(entry, [...root, at])
    if (!isParallel(entry)) return [place(entry, [...root, at])]
    groups += 1
    const group = groups
    return entry.parallel.map((step, inner) => ({ ...place(step, [...root, at, 'parallel', inner]), group }))
  })
}
