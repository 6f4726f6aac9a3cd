import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from 'yaml'
import type { Around, Became } from '../became.ts'
import { type Draft, emptyDraft, toTick } from '../draft.ts'
import { readExpectation } from '../expectation.ts'
import type { Known } from '../imported.ts'
import type { Item } from '../item.ts'
import { slug } from '../procedure.ts'
import { readScript } from '../script.ts'
import type { Scope } from '../scope.ts'
import { pairs, placeIn } from './yaml.ts'
import { toldBy } from '../telling.ts'

/** A runbook in YAML: name, triggers, decision_tree with goto, steps, checks, lists of what is said to whom, contacts. */
export function readRunbook(source: string, around: Around, known: Known): Draft {
  const lines = new LineCounter()
  const yaml = parseDocument(source, { lineCounter: lines, logLevel: 'silent' })
  const scope: Scope = { values: new Map(), parameters: new Map() }
  const draft = emptyDraft(scope)
  const reading: Reading = { source, lines, draft, around, known, scope }
  const root = yaml.contents
  if (!isMap(root)) return { ...draft, procedures: [{ name: 'rollback', items: readScript(source, scope, around) }] }
  for (const { key, node } of pairs(root)) part(key, node, reading)
  const steps = root.get('steps', true)
  const checks = root.get('checks', true)
  const tree = root.get('decision_tree', true) ?? root.get('decision', true)
  if (isMap(tree)) decision(tree, reading)
  else
    draft.procedures.push({
      name: 'rollback',
      items: [...items(steps, 'steps', reading), ...items(checks, 'checks', reading)],
    })
  return draft
}

interface Reading {
  source: string
  lines: LineCounter
  draft: Draft
  around: Around
  known: Known
  scope: Scope
}

function part(key: string, node: Node, reading: Reading): void {
  const { draft } = reading
  if (key === 'name' && isScalar(node)) draft.name = textOf(node)
  else if (key === 'description' && isScalar(node)) draft.description = textOf(node).slice(0, 2_000)
  else if (key === 'triggers' && isSeq(node)) for (const one of node.items) trigger(one as Node, reading)
  else if (key === 'contacts' && isMap(node))
    for (const { key: role, node: who } of pairs(node)) contact(role, who, reading)
  else if (/^(communicate|communication)$/.test(key)) communicate(node, reading)
  else if (!/^(steps|checks|decision_tree|decision)$/.test(key)) return
  if (key === 'name' || key === 'description') keep(node, `metadata ${key}`, reading)
}

/** One that the document can't hold (nobody named, too long, a role twice) is for a person to fill in. */
function contact(role: string, who: Node, reading: Reading): void {
  const { contacts } = reading.draft
  const name = slug(role, 'contact')
  const text = textOf(who).trim()
  if (text === '' || text.length > 200 || Object.hasOwn(contacts, name))
    return tick(
      'before',
      `Contact ${role}: ${text || 'nobody is named'}`,
      who,
      'It is no contact by one role.',
      reading,
    )
  contacts[name] = text
  keep(who, `contact ${role}`, reading)
}

/** A sentence about a measurement; one that can't be measured here is confirmed by a person before anything is done. */
function trigger(node: Node, reading: Reading): void {
  const { draft, known } = reading
  const text = textOf(node)
  const read = readExpectation(text)
  // How long it must last is the trigger's own; the rest is what a check would measure.
  const written = { ...(read?.kind === 'crashing' && workloadIn(reading.source)), ...read?.measurement }
  const { for: _for, ...measured } = written as Record<string, string | number>
  const fits = read && known.measurements[read.kind]?.(measured)
  const place = placeIn(node, reading)
  if (read && Object.hasOwn(known.measurements, read.kind) && fits === undefined) {
    const id = slug(text.replace(/[<>].*/, ''), `trigger-${draft.triggers.length + 1}`)
    draft.triggers.push({
      id: draft.triggers.some((one) => one.id === id) ? `${id}-2` : id,
      check: written,
      mode: 'propose',
    })
    draft.findings.push({ ...place, outcome: 'step', became: `trigger ${id}` })
    return
  }
  const reason = read
    ? `The measurement ${read.kind} is not available in this version${fits === undefined ? '' : ' for this'}.`
    : 'It is no sentence about a measurement that import knows.'
  tick('before', `Trigger: ${text}`, node, reason, reading)
}

/** The Deployment that the source's command lines name, with its namespace; nothing where it names none. */
function workloadIn(source: string): { crashing: string; namespace: string } | undefined {
  const [, workload] = /\bdeploy(?:ment)?s?[/ ]([a-z0-9][a-z0-9-]*)/.exec(source) ?? []
  const [, namespace = 'default'] = /(?:^|\s)(?:-n|--namespace)[= ]([a-z0-9][a-z0-9-]*)/m.exec(source) ?? []
  return workload ? { crashing: `deployment/${workload}`, namespace } : undefined
}

function decision(tree: YAMLMap, reading: Reading): void {
  const { draft } = reading
  const nodes = pairs(tree)
  const names = new Map(nodes.map(({ key }) => [key, slug(key.replace(/^\d+[_-]/, ''), 'part')]))
  const asks = (key: string) => nodes.some(({ key: one, node }) => one === key && isMap(node) && node.has('question'))
  let open: { name: string; items: Item[] } | undefined
  for (const { key, node } of nodes) {
    const name = names.get(key) ?? key
    if (isMap(node) && node.has('question')) {
      open = undefined
      const branch = (answer: string) => branchOf(node.get(answer, true), names, asks)
      draft.questions.push({
        id: name,
        question: String(node.get('question')),
        onYes: branch('yes'),
        onNo: branch('no'),
      })
      for (const { key: field, node: value } of pairs(node)) keep(value, `question ${name} (${field})`, reading)
      continue
    }
    if (isSeq(node)) {
      communicate(node, reading)
      continue
    }
    // What follows a procedure without a question in between belongs to it.
    if (!open) draft.procedures.push((open = { name, items: [] }))
    if (!isMap(node)) continue
    open.items.push(
      ...items(node.get('steps', true), 'steps', reading),
      ...items(node.get('checks', true), 'checks', reading, open.items),
    )
  }
  if (draft.procedures.length === 0) draft.procedures.push({ name: 'rollback', items: [] })
}

function branchOf(
  node: unknown,
  names: ReadonlyMap<string, string>,
  asks: (key: string) => boolean,
): { ask: string } | { run: string } | { stop: string } {
  const text = isScalar(node) ? String(node.value) : ''
  const to = /^go ?to ([\w-]+)$/i.exec(text.trim())?.[1]
  const name = to === undefined ? undefined : names.get(to)
  if (to === undefined || name === undefined)
    return { stop: text.slice(0, 500) || 'The source does not say what follows.' }
  return asks(to) ? { ask: name } : { run: name }
}

/** Steps: command lines, or sentences. Checks: one check of all that can be measured, and a step by hand for the rest. */
function items(node: unknown, what: 'steps' | 'checks', reading: Reading, before: readonly Item[] = []): Item[] {
  if (!isSeq(node)) return []
  if (what === 'steps') return node.items.flatMap((one) => line(one as Node, reading))
  const of = before.findLast(
    (item) => item.is === 'command' && item.became.as === 'step' && item.became.step.kind === 'kubernetes',
  )
  const name =
    of?.is === 'command' && of.became.as === 'step'
      ? slug(String(of.became.step['workload']).split('/').at(-1) ?? '', 'app')
      : undefined
  return node.items.map((one) => check(one as Node, name, reading))
}

function line(node: Node, reading: Reading): Item[] {
  const { around, scope } = reading
  const text = textOf(node)
  const place = placeIn(node, reading)
  const found = /^[\w./-]+( |$)/.test(text) ? readScript(text, scope, around) : []
  if (found.some((item) => item.is === 'command' && !UNKNOWN.test(reasonOf(item.became))))
    return found.map((item) => ({ ...item, ...place }))
  const read = readExpectation(text)
  if (read?.kind === 'http') return [{ is: 'command', became: endpoint(read.measurement, reading), ...place }]
  return [{ is: 'text', because: 'It is a sentence, which a person carries out.', ...place, original: text }]
}

const UNKNOWN = /^Import does not know|only a shell can tell/

function reasonOf(became: Became): string {
  return became.as === 'manual' ? became.because : ''
}

function check(node: Node, of: string | undefined, reading: Reading): Item {
  const place = placeIn(node, reading)
  const text = textOf(node)
  const read = readExpectation(text)
  const { known } = reading
  if (!read)
    return { is: 'text', because: 'It is no sentence about a measurement that import knows.', ...place, original: text }
  if (read.kind === 'http') return { is: 'command', became: endpoint(read.measurement, reading), ...place }
  if (!Object.hasOwn(known.measurements, read.kind) || (read.kind === 'pods' && of === undefined))
    return {
      is: 'text',
      because: `The measurement ${read.kind} is not available in this version.`,
      ...place,
      original: text,
    }
  const all = [withOf(read.measurement, of)]
  const because = 'Four passes in a row within 5 minutes: one look proves little. Change the numbers as you need.'
  return {
    is: 'command',
    became: {
      as: 'step',
      step: { kind: 'check', within: '5m', every: '15s', consecutive: 4, all },
      object: text,
      because,
      joins: 'validation',
    },
    ...place,
  }
}

function endpoint(measurement: Record<string, string | number>, { draft, source, around }: Reading): Became {
  const workload = /\bdeploy(?:ment)?s?[/ ]([\w-]+)/.exec(source)?.[1]
  const connection = slug(workload ?? draft.name ?? '', 'service')
  around.connections.set(connection, '')
  const because = `Its connection ${connection} (kind http) must be in the configuration, with the address of the service.`
  return {
    as: 'step',
    step: { kind: 'check', all: [{ http: connection, ...measurement }] },
    object: String(measurement['path']),
    because,
  }
}

function withOf(measurement: Record<string, string | number>, of: string | undefined): Record<string, string | number> {
  return 'pods' in measurement && of !== undefined ? { ...measurement, of } : measurement
}

/** Whoever has a channel is told; what no channel does, a person does and ticks. */
function communicate(node: Node, reading: Reading): void {
  if (!isSeq(node)) return
  const { communicate: told, findings } = reading.draft
  for (const one of node.items as Node[]) {
    const text = textOf(one)
    const found = toldBy(text)
    const channel = slug(found?.channel ?? '', '')
    if (!found || channel === '') {
      tick('communication', text, one, 'No channel does it; a person does.', reading)
      continue
    }
    for (const part of found.parts) told[part] = [...new Set([...told[part], channel])]
    findings.push({
      ...placeIn(one, reading),
      outcome: 'step',
      became: `communicate ${found.parts.join(' and ')} (${channel})`,
      reason: `The channel ${channel}${found.kinds ? ` (kind ${found.kinds})` : ''} must be in the configuration.`,
    })
  }
}

function tick(phase: 'before' | 'communication', text: string, node: Node, reason: string, reading: Reading): void {
  const { draft } = reading
  draft.findings.push({ ...placeIn(node, reading), outcome: 'ticked', became: toTick(draft, phase, text), reason })
}

function keep(node: Node, became: string, reading: Reading): void {
  reading.draft.findings.push({ ...placeIn(node, reading), outcome: 'kept', became })
}

function textOf(node: Node): string {
  return isScalar<string | number | boolean | null>(node) ? String(node.value ?? '') : String(node)
}
