import { parseDocument } from 'yaml'
import { RunbookDocument } from '../activities/runbook.ts'
import { lintRunbook } from '../config/runbooks/lint.ts'
import { alternate, type Bench, figure, timed } from './parts/figure.ts'

const LINES = 500

export const bench: Bench = {
  title: 'Lint of a runbook',
  figures: {
    lint: `a runbook of ${LINES} lines read, checked and its expressions typed, against the YAML package that only parses it`,
  },
  most: { lint: 100 },
  runs: 30,
  measure: async (runs) => {
    const text = long()
    const { problems } = lintRunbook(text, RunbookDocument, {})
    if (problems.length > 0) throw new Error(`the runbook is not valid: ${problems[0]?.path}: ${problems[0]?.message}`)
    const ours = () => timed(async () => lintRunbook(text, RunbookDocument, {}))
    const other = () => timed(async () => parseDocument(text, { version: '1.2' }).toJS() as unknown)
    return [figure('lint', 'ms', await alternate(runs, { ours, other }))]
  },
}

/** A valid runbook of so many lines: a question, and one procedure whose steps are changes, checks and questions in turn. */
function long(): string {
  const lines = [
    'apiVersion: unwind/v1',
    'kind: Runbook',
    'metadata: { name: shop, service: shop }',
    'parameters:',
    '  replicas: { type: number, default: 3 }',
    'decision:',
    '  - id: linked',
    '    question: Is the problem linked to the last deployment?',
    '    evidence: alert.startsAt - release.deployedAt < duration("30m")',
    ...['    onYes: { run: p0 }', '    onNo: { ask: q0 }'],
  ]
  const procedures: string[] = []
  for (let part = 0; lines.length + procedures.length + PART < LINES - 2; part++) {
    const last = lines.length + procedures.length + 2 * PART >= LINES - 2
    lines.push(
      `  - id: q${part}`,
      '    question: Does this deployment carry database migrations?',
      '    evidence: size(release.migrations) > 0 && parameters.replicas >= 3',
      `    onYes: { run: p${part} }`,
      last ? '    onNo: { stop: Investigate other causes. }' : `    onNo: { ask: q${part + 1} }`,
    )
    procedures.push(...procedure(part))
  }
  const all = [...lines, 'procedures:', ...procedures]
  return [...all, ...Array.from({ length: LINES - all.length }, () => '# That is all.')].join('\n')
}

/** Lines that one question and its procedure add. */
const PART = 27

function procedure(part: number): string[] {
  return [
    `  p${part}:`,
    '    - id: app',
    '      kind: kubernetes',
    `      workload: deployment/shop-${part}`,
    '      to: previous',
    '      timeout: 5m',
    '    - id: warned',
    '      kind: manual',
    '      when: steps.app.passed',
    '      text: Warn the call centre',
    '    - id: healthy',
    '      kind: check',
    '      every: 15s',
    '      within: 5m',
    '      consecutive: 4',
    '      all: [{ pods: healthy, of: app }]',
    '    - id: told',
    '      kind: notify',
    '      when: steps.healthy.passed && parameters.replicas > 2',
    '      channels: [ops]',
    '      text: It holds',
    '      optional: true',
  ]
}
