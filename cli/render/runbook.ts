import type { Runbook } from '../../model/runbook/document.ts'
import type { Outline } from '../../model/runbook/outline.ts'
import type { ListedRunbook } from '../calls.ts'
import { graphLines } from './graph.ts'
import { type Line, pad, paragraph, type Style } from './span.ts'
import { type Cell, tableLines } from './table.ts'

interface Shown {
  document: Runbook
  outline: Outline
  revision: string
}

/** A runbook from top to bottom: what it is for, what it takes, who approves, the tree, the steps, the checklist. */
export function runbookLines({ document, outline, revision }: Shown, width: number): Line[] {
  const { metadata, environments = {}, policy, checklist = [], communicate = {} } = document
  const [head, ...drawn] = graphLines(outline, width)
  const told = Object.entries(communicate).map(([event, names]) => `${event}: ${[names ?? []].flat().join(', ')}`)
  return [
    ...(head ? [head] : []),
    ...(metadata.description === undefined ? [] : paragraph('plain', metadata.description, 0, width)),
    [],
    ...row('revision', revision),
    ...row('owner', metadata.owner),
    ...row('runs in', Object.keys(environments).join(', ') || 'every environment'),
    ...row('time limit', policy?.timeout && `${policy.timeout}, then it parks and pages`),
    ...row('tells', told.join('; ')),
    ...section('Parameters', Object.entries(document.parameters ?? {}).map(parameterLine)),
    ...section('Approvals', (policy?.approvals ?? []).map(ruleLine)),
    ...drawn,
    ...section('Checklist', checklist.map(itemLine)),
  ]
}

/** Runbooks as a table; `wide` adds the revision and where each was read. */
export function runbookRows(runbooks: readonly ListedRunbook[], wide: boolean): Line[] {
  const heads = ['NAME', 'SERVICE', 'ENVIRONMENTS', 'OWNER', 'REVIEWED', ...(wide ? ['REVISION', 'SOURCE'] : [])]
  const rows = runbooks.map(({ name, service, environments, owner, reviewed, revision, source }): Cell[] => [
    name,
    service,
    environments.join(',') || 'all',
    owner ?? '',
    reviewed ? 'yes' : 'no',
    ...(wide ? [revision, source] : []),
  ])
  return tableLines(heads, rows)
}

function row(name: string, value: string | undefined): Line[] {
  if (!value) return []
  return [
    [
      ['dim', pad(name, 12)],
      ['plain', value],
    ],
  ]
}

function section(title: string, lines: readonly Line[]): Line[] {
  return lines.length === 0 ? [] : [[], [['bold', title]], ...lines]
}

type Parameter = NonNullable<Runbook['parameters']>[string]

function parameterLine([name, { type, default: preset, enum: allowed, pattern, description }]: [
  string,
  Parameter,
]): Line {
  const rules = [
    preset === undefined ? 'required' : `default ${preset}`,
    ...(allowed ? [`one of ${allowed.join(', ')}`] : []),
    ...(pattern === undefined ? [] : [`matches ${pattern}`]),
  ]
  return [
    ['plain', `  ${pad(name, 14)} ${pad(type, 8)} `],
    ['dim', [...rules, ...(description === undefined ? [] : [description])].join('; ')],
  ]
}

type Rule = NonNullable<NonNullable<Runbook['policy']>['approvals']>[number]

function ruleLine({ when, min, groups, self, expires }: Rule): Line {
  const who = groups.length > 0 ? `of ${groups.join(', ')}` : 'of anybody'
  return [
    ['plain', `  ${min} ${who}${self ? '' : ', not whoever asked'}, within ${expires}`],
    ['dim', when === undefined ? '' : `  when ${when}`],
  ]
}

function itemLine({ id, text, phase, required, ticks }: NonNullable<Runbook['checklist']>[number]): Line {
  const by = ticks === undefined ? 'a person' : 'step' in ticks ? `step ${ticks.step}` : `event ${ticks.event}`
  const style: Style = required ? 'ask' : 'dim'
  return [
    ['plain', `  ☐ ${text}  `],
    ['dim', `${id}, ${phase}, ticked by ${by}`],
    [style, required ? ', required' : ''],
  ]
}
