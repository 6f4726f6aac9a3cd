import type { Followup } from '../reports.ts'
import type { Line } from './span.ts'
import { age, type Cell, tableLines } from './table.ts'

/** What is still owed as a table, what is due first on top; run and id are what `unwind obligations settle` takes. */
export function obligationRows(followups: readonly Followup[], now: number): Line[] {
  const open = followups
    .flatMap((followup) => followup.obligations.map((owed) => ({ ...followup, owed })))
    .filter(({ owed }) => !owed.settled)
    .toSorted((a, b) => a.owed.due - b.owed.due)
  const rows = open.map(({ environment, service, runId, owed }): Cell[] => [
    environment,
    service,
    owed.due < now ? ['bad', `${age(now - owed.due)} late`] : ['plain', `in ${age(owed.due - now)}`],
    owed.owner,
    owed.id,
    runId,
    owed.text,
  ])
  return tableLines(['ENVIRONMENT', 'SERVICE', 'DUE', 'OWNER', 'ID', 'RUN', 'WHAT'], rows)
}
