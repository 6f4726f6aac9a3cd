import type { z } from 'zod'
import { VARIABLES, variablesOf } from '../../model/expression/index.ts'
import type { Runbook } from '../../model/runbook/document.ts'
import { runbookProblems } from '../../model/runbook/problems.ts'
import type { Surroundings } from '../../model/runbook/step-problems.ts'
import { textsOf } from '../../model/runbook/templates.ts'
import { type DocumentProblem, type Locate, readDocument, writtenPath } from '../document.ts'

/** What was found in the text of a runbook. Without problems, `runbook` is there, and what its expressions read. */
export interface Linted {
  problems: DocumentProblem[]
  runbook?: Runbook
  expressions: LintedExpression[]
}

/** An expression of a runbook, with who will know what it reads. */
export interface LintedExpression {
  path: string
  line: number
  column: number
  expression: string
  variables: { name: string; producer: string }[]
}

/** Where expressions stand in a document, by the last part of their path. */
const EXPRESSIONS = ['when', 'evidence']

/**
 * Everything that is wrong with the text of a runbook: its YAML, its form by the schema, and what its parts say of each
 * other, each with line and column. `around` names what there is beside the document; what it leaves out is not checked.
 * Never throws for what the text holds.
 */
export function lintRunbook(text: string, schema: z.ZodType<Runbook>, around: Surroundings = {}): Linted {
  const read = readDocument(text, schema)
  if ('problems' in read) return { problems: read.problems, expressions: [] }
  const { value: runbook, at } = read
  const problems = runbookProblems(runbook, around).map(({ path, message }) => ({
    ...{ path: writtenPath(path), message },
    ...at(path),
  }))
  if (problems.length > 0) return { problems, expressions: [] }
  return { problems, runbook, expressions: expressionsOf(runbook, at) }
}

function expressionsOf(runbook: Runbook, at: Locate): LintedExpression[] {
  return textsOf(runbook)
    .filter(({ path }) => EXPRESSIONS.includes(String(path.at(-1))))
    .map(({ text, path }) => ({
      ...{ path: writtenPath(path), expression: text, ...at(path) },
      variables: variablesOf(text).map((name) => ({ name, producer: VARIABLES[name]?.producer ?? 'nobody' })),
    }))
}
