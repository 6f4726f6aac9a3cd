import { basename, dirname, resolve } from 'node:path'
import { measurements } from '../activities/checks/schemas.ts'
import { RunbookDocument } from '../activities/runbook.ts'
import { kinds } from '../activities/schemas.ts'
import { type DocumentProblem, type Locate, readDocument, writtenPath, writtenProblems } from '../config/document.ts'
import { readRunbooks } from '../config/runbooks/library.ts'
import { lintRunbook } from '../config/runbooks/lint.ts'
import type { Configuration } from '../model/configuration.ts'
import { UnwindError } from '../model/errors.ts'
import { nearest } from '../model/nearest.ts'
import type { Runbook } from '../model/runbook/document.ts'
import type { Around, LoadedRunbook } from '../model/runbook/loaded.ts'
import { placedSteps, procedureNames } from '../model/runbook/placed.ts'
import { RunbookSettings } from '../model/runbook/settings.ts'
import { isEngineStep } from '../model/runbook/steps.ts'
import { type Scenario, Scenarios } from './schema.ts'
import { surroundingsOf, withoutWorld } from './surroundings.ts'

/** A file of scenarios with the runbook that it names, and what that is compiled against. */
export interface Loaded {
  file: string
  scenarios: Scenarios
  runbook: LoadedRunbook
  around: Around
}

/**
 * Reads a file of scenarios and its runbook; `read` gives the text of a path. Names that the runbook does not have are
 * problems, with line and column. Throws INVALID_REQUEST with all of them.
 */
export async function loadScenarios(
  file: string,
  configuration: Configuration | undefined,
  read: (path: string) => Promise<string>,
): Promise<Loaded> {
  const document = readDocument(await read(file), Scenarios)
  if ('problems' in document) throw invalid(file, document.problems)
  const { value: scenarios, at } = document
  const path = resolve(dirname(file), scenarios.runbook)
  const text = await read(path)
  const linted = lintRunbook(text, RunbookDocument)
  if (!linted.runbook) throw invalid(path, linted.problems)
  const runbook: LoadedRunbook = { runbook: linted.runbook, revision: 'rehearsal', source: path, reviewed: true }
  const others = await beside(path)
  const documents = [linted.runbook, ...[...others.values()].map((other) => other.runbook)]
  const around: Around = {
    ...{ kinds, measurements, others },
    configuration: configuration ? withoutWorld(configuration) : surroundingsOf(documents, scenarios.environment),
  }
  const problems = unknownNames(scenarios, linted.runbook, stepIds(linted.runbook, others), at)
  if (problems.length > 0) throw invalid(file, problems)
  return { file, scenarios, runbook, around }
}

/** The runbooks of the same folder, which this one may embed. */
async function beside(path: string): Promise<Map<string, LoadedRunbook>> {
  const { runbooks } = await readRunbooks(RunbookSettings.parse({ folder: dirname(path) }), RunbookDocument)
  return new Map([...runbooks].map(([name, loaded]) => [name, { ...loaded, reviewed: true }]))
}

/** The ids of all steps that a run may have, those of embedded runbooks as `step.step`. */
function stepIds(runbook: Runbook, others: ReadonlyMap<string, LoadedRunbook>, prefix = '', depth = 0): string[] {
  return placedSteps(runbook).flatMap(({ id, step }) => {
    const other = isEngineStep(step) && step.kind === 'runbook' ? others.get(step.runbook) : undefined
    if (!other || depth > 5) return [`${prefix}${id}`]
    return stepIds(other.runbook, others, `${prefix}${id}.`, depth + 1)
  })
}

function unknownNames(
  { people, scenarios }: Scenarios,
  runbook: Runbook,
  steps: readonly string[],
  at: Locate,
): DocumentProblem[] {
  const questions = (runbook.decision ?? []).map(({ id }) => id)
  const items = (runbook.checklist ?? []).map(({ id }) => id)
  const problems = scenarios.flatMap((scenario, index) => {
    const { steps: scripted, answers, approvals, decisions, ticks, expect } = scenario
    const root = ['scenarios', index]
    const keys = (what: string, record: object, known: readonly string[], ...path: string[]) =>
      Object.keys(record).flatMap((name) => misnamed(what, name, known, [...root, ...path, name]))
    const each = (what: string, names: readonly string[], known: readonly string[], ...path: string[]) =>
      names.flatMap((name, place) => misnamed(what, name, known, [...root, ...path, place]))
    return [
      ...keys('step', scripted, steps, 'steps'),
      ...keys('question or step', answers, [...questions, ...steps], 'answers'),
      ...keys('step', approvals, ['plan', ...steps], 'approvals'),
      ...Object.entries(approvals).flatMap(([step, who]) =>
        each('person', namesIn(who), Object.keys(people), 'approvals', step),
      ),
      ...each(
        'step',
        decisions.map(({ step }) => step),
        steps,
        'decisions',
      ),
      ...each('item', ticks, items, 'ticks'),
      ...each('step', expect.steps ?? [], steps, 'expect', 'steps'),
      ...each('step', expect.parked ?? [], steps, 'expect', 'parked'),
      ...keys('question', expect.path ?? {}, questions, 'expect', 'path'),
      ...each('procedure', expect.procedure === undefined ? [] : [expect.procedure], procedureNames(runbook), 'expect'),
    ]
  })
  return problems.slice(0, 20).map(({ path, message }) => ({ path: writtenPath(path), message, ...at(path) }))
}

function namesIn(approving: Scenario['approvals'][string]): string[] {
  if (approving === 'expires') return []
  return Array.isArray(approving) ? approving : [approving.no]
}

function misnamed(what: string, name: string, known: readonly string[], path: PropertyKey[]) {
  if (known.includes(name)) return []
  const meant = nearest(name, known)
  const hint = meant ? `did you mean ${meant}?` : `there is: ${[...new Set(known)].slice(0, 20).join(', ') || 'none'}`
  return [{ path, message: `there is no ${what} ${name.slice(0, 63)}; ${hint}` }]
}

function invalid(file: string, problems: readonly DocumentProblem[]): UnwindError {
  return new UnwindError('INVALID_REQUEST', writtenProblems(basename(file), problems))
}
