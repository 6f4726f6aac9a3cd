import { z } from 'zod'
import { ReportDocument } from '../../api/schemas/report.ts'

/** The JSON Schema (2020-12) of a report, as programs that read the archive need it. */
export function reportSchema(): string {
  const schema = z.toJSONSchema(ReportDocument, { target: 'draft-2020-12', io: 'input' })
  const { $schema, id: _id, ...rest } = schema
  const document = { $schema, title: 'Report', description: 'What is kept of a rollback, format 1.', ...rest }
  return `${JSON.stringify(document, null, 2)}\n`
}
