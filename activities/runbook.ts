import { type Runbook, runbookDocument } from '../model/runbook/document.ts'
import { runbookEntries } from '../model/runbook/steps.ts'
import { measurements } from './checks/schemas.ts'
import { kinds } from './schemas.ts'

/** An `unwind/v1` Runbook with every kind of step and measurement that there is: zod only, for API, CLI and docs. */
export const RunbookDocument = runbookDocument(
  runbookEntries(
    Object.values(kinds).map(({ schema }) => schema),
    Object.values(measurements).map(({ schema }) => schema),
  ),
)
export type { Runbook }
