import type { RunState } from '../../model/run.ts'
import type { Revision } from '../../model/target.ts'
import type { Line } from './span.ts'
import { age, type Cell, tableLines } from './table.ts'
import { statusOf, styleOf } from './words.ts'

type Listed = Pick<RunState, 'service' | 'environment' | 'phase' | 'startedAt' | 'runId'> &
  Partial<Pick<RunState, 'outcome' | 'reason' | 'startedBy' | 'endedAt' | 'incident'>>

/** Rollbacks as a table; `wide` adds who, the incident and the run. */
export function rollbackRows(rollbacks: readonly Listed[], now: number, wide: boolean): Line[] {
  if (rollbacks.length === 0) return []
  const heads = [
    'ENVIRONMENT',
    'SERVICE',
    'STATUS',
    'AGE',
    'TOOK',
    'REASON',
    ...(wide ? ['BY', 'INCIDENT', 'RUN'] : []),
  ]
  const rows = rollbacks.map((run): Cell[] => {
    const status = statusOf(run)
    const took = run.endedAt === undefined ? '-' : age(run.endedAt - run.startedAt)
    const more = wide ? [run.startedBy?.subject ?? '-', run.incident ?? '-', run.runId] : []
    return [
      run.environment,
      run.service,
      [styleOf(status), status],
      age(now - run.startedAt),
      took,
      short(run.reason ?? '-', wide),
      ...more,
    ]
  })
  return tableLines(heads, rows)
}

/** What a workload could go back to, as a table; the first column is what `--to` takes. */
export function revisionRows(revisions: readonly Revision[], now: number, wide: boolean): Line[] {
  if (revisions.length === 0) return []
  const details = wide ? [...new Set(revisions.flatMap((revision) => Object.keys(revision.details)))].slice(0, 8) : []
  const heads = ['REVISION', 'WHAT', 'AGE', 'STATE', ...details.map(headOf)]
  const rows = revisions.map((revision): Cell[] => [
    revision.id,
    revision.title,
    revision.createdAt ? age(now - Date.parse(revision.createdAt)) : '-',
    revision.current ? ['busy', 'current'] : revision.verified ? ['good', 'verified'] : ['dim', 'unverified'],
    ...details.map((detail) => revision.details[detail] ?? '-'),
  ])
  return tableLines(heads, rows)
}

/** `earlierNumbers` → `EARLIER-NUMBERS`, as kubectl would write it. */
function headOf(detail: string): string {
  return detail.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toUpperCase()
}

function short(text: string, wide: boolean): string {
  return wide || text.length <= 48 ? text : `${text.slice(0, 47)}…`
}
