import { runbookDocument } from '../model/runbook/document.ts'
import { ENGINE_SCHEMAS } from '../model/runbook/steps.ts'
import { measurements } from './checks/schemas.ts'
import { kinds } from './schemas.ts'

/** An `unwind/v1` Runbook with every kind of step and measurement that there is: zod only, for API, CLI and docs. */
export const RunbookDocument = runbookDocument(
  Object.values(kinds).map(({ schema }) => schema),
  Object.values(measurements).map(({ schema }) => schema),
)

/** In which order the fields of steps and measurements are written: that of their schemas. */
export const fieldOrder = {
  steps: Object.fromEntries(
    [
      ...Object.entries(kinds).map(([name, { schema }]) => [name, schema] as const),
      ...Object.entries(ENGINE_SCHEMAS),
    ].map(([name, { shape }]) => [name, Object.keys(shape)]),
  ),
  // The field that tells the kind of a measurement stands first.
  measurements: Object.entries(measurements).map(([name, { schema }]) => [
    name,
    ...Object.keys(schema.shape).filter((key) => key !== name),
  ]),
}
