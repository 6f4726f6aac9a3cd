import type { Assessment, Proposal, Strategy } from '../../../model/compatibility.ts'
import type { Change, Warning } from '../../../model/target.ts'
import { oneLine, shown } from '../../sql/text.ts'
import type { Contents } from './contents.ts'
import type { MigrationsStep } from './schema.ts'

const CHANGES = 100

/** What would run that way, one line per statement, under the name of its migration. Values of rows are left out. */
export function changesOf(contents: readonly Contents[], way: 'down' | 'up'): Change[] {
  const all = contents.flatMap(({ file, ...ways }) =>
    (ways[way]?.statements ?? []).map((text) => ({ path: file.name, to: oneLine(shown(text)) })),
  )
  return all.length > CHANGES
    ? [...all.slice(0, CHANGES), { path: 'and', to: `${all.length - CHANGES} more statements` }]
    : all
}

export function summaryOf(step: MigrationsStep, count: number, atomic: boolean): string {
  const how = atomic ? 'in one transaction' : 'one by one'
  return `${count} ${count === 1 ? 'migration' : 'migrations'} of ${step.leaving} taken back to ${step.target}, ${how}`
}

/**
 * The answers as warnings, each with the statements that decided it. Whatever is not a plain yes has to be accepted by a
 * person, by the code; another strategy than the chosen one is told with its reasons.
 */
export function warningsOf(assessment: Assessment, proposal: Proposal, chosen: Strategy): Warning[] {
  const { schema, boot, rows, undo } = assessment
  const found: Warning[] = []
  const deciding = (all: readonly { statement: string; because: string }[]) =>
    all
      .slice(0, 5)
      .map(({ statement, because }) => `${statement.slice(0, 160)} (${because})`)
      .join('; ')
  if (chosen === 'app-only') {
    if (schema.answer !== 'yes')
      found.push(
        warning(
          `SCHEMA_${word(schema.answer)}`,
          `the old code may not run on the new schema: ${deciding(schema.deciding)}`,
        ),
      )
    if (boot.answer !== 'yes')
      found.push(warning(`BOOT_${word(boot.answer)}`, `the old release may not start: ${boot.because}`))
    if (rows.answer !== 'yes')
      found.push(
        warning(
          `ROWS_${word(rows.answer)}`,
          `the old code may not read what the new one wrote: ${deciding(rows.deciding)}`,
        ),
      )
  } else if (undo.answer !== 'yes')
    found.push(
      warning(
        `UNDO_${undo.answer === 'no' ? 'DESTROYS' : 'UNKNOWN'}`,
        `the undo destroys data: ${deciding(undo.deciding)}`,
      ),
    )
  if (proposal.strategy !== chosen && found.length > 0)
    found.push({
      code: 'OTHER_STRATEGY',
      message: `${proposal.strategy} fits better: ${proposal.reasons.join('; ')}`.slice(0, 1_000),
    })
  return found
}

function word(answer: 'no' | 'unknown'): string {
  return answer === 'no' ? 'UNSAFE' : 'UNKNOWN'
}

function warning(code: string, message: string): Warning {
  return { code, message: message.slice(0, 1_500), confirm: true }
}
