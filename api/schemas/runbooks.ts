import { z } from 'zod'
import { Name } from '../../model/step.ts'

export const WhichRunbook = z.strictObject({ name: Name.describe('Name of the runbook.') })

const Problem = z
  .object({ path: z.string(), message: z.string(), line: z.int(), column: z.int() })
  .meta({ id: 'RunbookProblem', description: 'What is wrong and where; lines and columns count from 1.' })

const summary = {
  name: z.string(),
  service: z.string(),
  owner: z.string().optional(),
  description: z.string().optional(),
  revision: z.string().describe('sha256 of the canonical JSON of the document.'),
  source: z.string().describe('Where it was read.'),
  reviewed: z.boolean().describe('Whether protected environments take it.'),
  environments: z.array(z.string()).describe('Where it may run.'),
}

export const RunbookList = z
  .object({
    runbooks: z.array(z.object(summary)),
    broken: z
      .array(z.object({ file: z.string(), source: z.string(), problems: z.array(Problem) }))
      .describe('Files that hold no runbook that can be read.'),
  })
  .meta({ id: 'RunbookList' })
export type RunbookList = z.infer<typeof RunbookList>

export const RunbookAnswer = z
  .object({
    ...summary,
    document: z.record(z.string(), z.unknown()).describe('The runbook, as docs/runbook.schema.json says.'),
  })
  .meta({ id: 'RunbookDocument' })
export type RunbookAnswer = z.infer<typeof RunbookAnswer>

export const LintRequest = z
  .strictObject({ text: z.string().max(250_000).describe('A runbook as YAML or JSON.') })
  .meta({ id: 'LintRequest' })

export const LintAnswer = z
  .object({
    problems: z.array(Problem),
    expressions: z.array(
      z.object({
        path: z.string(),
        line: z.int(),
        column: z.int(),
        expression: z.string(),
        variables: z.array(z.object({ name: z.string(), producer: z.string() })),
      }),
    ),
  })
  .meta({ id: 'LintAnswer', description: 'What is wrong with a runbook, and who knows what its expressions read.' })
