import type { Checked } from '../reports.ts'
import type { Line } from './span.ts'
import { type Cell, tableLines } from './table.ts'

/** One line per runbook and environment, and below it what stands in the way. */
export function readyLines({ runbooks }: Checked): Line[] {
  const rows = runbooks.map(({ runbook, service, environment, ready, problems }): Cell[] => [
    environment,
    service,
    runbook,
    ready ? ['good', 'ready'] : ['bad', problems.length === 1 ? '1 problem' : `${problems.length} problems`],
  ])
  const found = runbooks.flatMap(({ runbook, environment, problems }) =>
    problems.map(
      ({ code, message, procedure }): Line => [
        ['bad', '! '],
        ['plain', `${runbook} in ${environment}${procedure ? `, ${procedure}` : ''}: ${code}: ${message}`],
      ],
    ),
  )
  const table = tableLines(['ENVIRONMENT', 'SERVICE', 'RUNBOOK', 'STATUS'], rows)
  return found.length > 0 ? [...table, [], ...found] : table
}
