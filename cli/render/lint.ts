import type { DocumentProblem } from '../../config/document.ts'
import type { LintedExpression } from '../../config/runbooks/lint.ts'
import type { Line } from './span.ts'

/** Problems as lines that an editor or a terminal makes clickable: `checkout.yaml:3:5: policy.timeout: …`. */
export function problemLines(file: string, problems: readonly DocumentProblem[]): Line[] {
  return problems.map(
    ({ path, message, line, column }): Line => [
      ['bold', `${file}:${line}:${column}`],
      ['plain', `: ${path ? `${path}: ` : ''}`],
      ['bad', message],
    ],
  )
}

/** That a runbook is in order, and who will know what its expressions read; what nobody knows then is asked of a person. */
export function orderLines(file: string, expressions: readonly LintedExpression[]): Line[] {
  const producers = new Map(
    expressions.flatMap(({ variables }) => variables.map(({ name, producer }) => [name, producer] as const)),
  )
  const width = Math.max(0, ...[...producers.keys()].map((name) => name.length))
  return [
    [
      ['good', '✔ '],
      ['plain', file],
      ['dim', producers.size > 0 ? '; its expressions read:' : ''],
    ],
    ...[...producers].map(
      ([name, producer]): Line => [
        ['plain', `    ${name.padEnd(width)}`],
        ['dim', `  from ${producer}`],
      ],
    ),
  ]
}
