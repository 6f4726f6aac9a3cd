import type { Runbook } from './document.ts'
import { placedSteps, proceduresOf } from './placed.ts'
import { misnamed, type RunbookProblem } from './problem.ts'
import { CLUSTER, isSpread } from './spread.ts'
import type { Surroundings } from './step-problems.ts'

/** What is wrong with the entries for several clusters, their steps aside. */
export function spreadProblems(runbook: Runbook, { measuring }: Surroundings): RunbookProblem[] {
  const clusters = Object.entries(measuring?.connections ?? {}).flatMap(([name, { kind }]) =>
    kind === 'kubernetes' ? [name] : [],
  )
  const entries = proceduresOf(runbook).flatMap(([procedure, all]) =>
    all.flatMap((entry, at) => {
      const path = runbook.steps === all ? ['steps', at] : ['procedures', procedure, at]
      return isSpread(entry) ? [{ path, entry }] : []
    }),
  )
  return [
    ...(entries.length > 0 && Object.hasOwn(runbook.parameters ?? {}, CLUSTER)
      ? [{ path: ['parameters', CLUSTER], message: 'steps for several clusters have a parameter of this name already' }]
      : []),
    ...entries.flatMap(({ path, entry }) =>
      entry.clusters.flatMap((name, at) => [
        ...(measuring ? misnamed('cluster', name, clusters, [...path, 'clusters', at]) : []),
        ...(entry.clusters.indexOf(name) < at
          ? [{ path: [...path, 'clusters', at], message: `${name} is named twice` }]
          : []),
      ]),
    ),
    ...inside(runbook),
  ]
}

/** Of each entry the steps of one cluster: the others are the same. */
function inside(runbook: Runbook): RunbookProblem[] {
  const problems = placedSteps(runbook).flatMap(({ cluster, step, path }): RunbookProblem[] => {
    if (cluster === undefined) return []
    if (step.kind === 'runbook')
      return [{ path: [...path, 'kind'], message: 'a runbook can’t be put in for several clusters; write its steps' }]
    if (!('cluster' in step)) return []
    return [{ path: [...path, 'cluster'], message: 'the list of clusters says where this step goes; leave it out' }]
  })
  return [...new Map(problems.map((problem) => [problem.path.join('\n'), problem])).values()]
}
