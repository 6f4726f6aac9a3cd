import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, Scalar, type YAMLMap } from 'yaml'
import { type Around, manual } from '../became.ts'
import { type Draft, emptyDraft } from '../draft.ts'
import type { Item } from '../item.ts'
import { parameterName, type Scope, template } from '../scope.ts'
import { readScript } from '../script.ts'
import { pairs, placeIn } from './yaml.ts'
import { written } from '../../written.ts'

/** What stands for the environment while a workflow is read: a run has one already, so it is no parameter. */
const ENVIRONMENT = '{{ environment }}'

/** A workflow of GitHub Actions: its inputs become parameters and environments, its steps the steps. */
export function readWorkflow(source: string, around: Around): Draft {
  const lines = new LineCounter()
  const root = parseDocument(source, { lineCounter: lines, logLevel: 'silent' }).contents
  const scope: Scope = { values: new Map(), parameters: new Map() }
  const draft = emptyDraft(scope)
  const reading: Reading = { source, lines, draft, around, scope }
  const items: Item[] = []
  if (isMap(root)) {
    if (typeof root.get('name') === 'string') draft.name = String(root.get('name'))
    const inputs = root.getIn(['on', 'workflow_dispatch', 'inputs'], true)
    if (isMap(inputs)) for (const { key, node } of pairs(inputs)) input(key, node, reading)
    const jobs = root.get('jobs', true)
    for (const { node } of isMap(jobs) ? pairs(jobs) : []) {
      const steps = isMap(node) ? node.get('steps', true) : undefined
      if (isSeq(steps)) items.push(...steps.items.flatMap((one) => (isMap(one) ? step(one, reading) : [])))
    }
  }
  return { ...draft, procedures: [{ name: 'rollback', items: items.map((item) => placed(item, draft)) }] }
}

interface Reading {
  source: string
  lines: LineCounter
  draft: Draft
  around: Around
  scope: Scope
}

function input(key: string, node: Node, reading: Reading): void {
  const { scope, draft } = reading
  const given = isMap(node) ? (node.toJSON() as Record<string, unknown>) : {}
  const options = Array.isArray(given['options']) ? given['options'].map(String) : []
  const place = placeIn(node, reading)
  if (/^(environment|env)$/i.test(key)) {
    scope.values.set(key, ENVIRONMENT)
    for (const name of options) draft.environments[name] = {}
    draft.findings.push({
      ...place,
      outcome: 'kept',
      became: 'environments',
      reason: 'Each run names its environment.',
    })
    return
  }
  const name = parameterName(key)
  const { default: value, description } = given
  scope.parameters.set(name, {
    type: 'string',
    ...(value !== undefined && value !== null && value !== '' && { default: written(value) }),
    ...(options.length > 0 && { enum: options }),
    ...(typeof description === 'string' && { description }),
  })
  scope.values.set(key, template(name))
  draft.findings.push({ ...place, outcome: 'kept', became: `parameter ${name}` })
}

function step(map: YAMLMap, reading: Reading): Item[] {
  const { around, scope } = reading
  const place = placeIn(map, reading)
  const [run, uses, condition] = [map.get('run', true), map.get('uses'), map.get('if')]
  if (isScalar(run) && typeof run.value === 'string') {
    const block = run.type === Scalar.BLOCK_LITERAL || run.type === Scalar.BLOCK_FOLDED
    const line = placeIn(run, reading).line + (block ? 1 : 0)
    const found = readScript(run.value, scope, around, line)
    if (typeof condition !== 'string' || /^\s*(?:\$\{\{)?\s*(always|success)\(\)/.test(condition)) return found
    return [{ is: 'text', because: `It is done only if ${condition}, which a person has to judge.`, ...place }]
  }
  if (typeof uses !== 'string')
    return [{ is: 'text', because: 'It neither runs nor uses anything that import knows.', ...place }]
  if (/^slackapi\/slack-github-action|slack/i.test(uses)) return [{ is: 'command', became: message(map), ...place }]
  if (SETS_UP.test(uses))
    return [{ is: 'comment', because: 'It prepares a machine; Unwind reaches systems by its connections.', ...place }]
  return [{ is: 'text', because: `What the action ${uses} does only its source can tell.`, ...place }]
}

const SETS_UP =
  /^(actions\/(checkout|setup-|cache)|azure\/(k8s-set-context|setup-|login|aks-set-context)|aws-actions\/|google-github-actions\/(auth|setup|get-gke)|docker\/(login|setup)|hashicorp\/setup|digitalocean\/action-doctl|tale\/kubectl|helm\/)/

function message(map: YAMLMap): ReturnType<typeof manual> {
  const payload = written(map.getIn(['with', 'payload']) ?? map.getIn(['with', 'text']))
  const text = /"text"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(payload)?.[1]
  if (text === undefined) return manual('What it says is not clear.')
  // What the run is and became stands in every message of a run.
  const plain = text
    .replace(/\$\{\{\s*(?:job\.status|inputs\.(?:environment|env))\s*\}\}/g, '')
    .replace(/\$\{\{\s*(?:github\.event\.)?inputs\.([\w-]+)\s*\}\}/g, (_, name: string) =>
      template(parameterName(name)),
    )
  if (/\$\{\{/.test(plain)) return manual('It says what only the workflow knows.')
  return {
    as: 'step',
    step: { kind: 'notify', channels: ['slack'], text: plain.replace(/\s+/g, ' ').trim().slice(0, 500) || 'Rollback' },
    object: text,
    because: 'The channel slack must be in the configuration. The run says its environment and outcome itself.',
  }
}

/** A namespace that is called like the environment is inherited from it; anything else that depends on it is for a person. */
function placed(item: Item, { environments }: Draft): Item {
  if (item.is !== 'command' || item.became.as !== 'step') return item
  const { namespace, ...others } = item.became.step
  const inherits = namespace === ENVIRONMENT && Object.keys(environments).length > 0
  if (inherits) for (const [name, fields] of Object.entries(environments)) fields['namespace'] = name
  const step = { ...others, ...(!inherits && namespace !== undefined && { namespace }) } as typeof item.became.step
  if (JSON.stringify(step).includes(ENVIRONMENT))
    return { ...item, became: manual('It differs between environments in more than its namespace.') }
  return { ...item, became: { ...item.became, step } }
}
