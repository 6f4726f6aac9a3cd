import { NAME_PATTERN } from '../../model/ids.ts'
import type { Became, DraftStep } from './became.ts'
import type { Finding, Known } from './imported.ts'
import { type Item, masked, type Place } from './item.ts'
import { written } from '../written.ts'

/** A step with its id and what is said above it in the document. */
export interface Placed {
  step: DraftStep
  comments: string[]
}

/** The steps of one procedure, what is said after the last of them, and what became of each item. */
export interface Procedure {
  steps: Placed[]
  after: string[]
  findings: Finding[]
}

/** Most entries that a document may hold in one procedure. */
const MOST = 50

/**
 * Makes a procedure of items: kinds that are not known become text, what an earlier step verifies is merged into it,
 * and a second step on the same object is not made, since it would go forward again.
 */
export function procedureOf(items: readonly Item[], known: Known): Procedure {
  const making: Making = { known, steps: [], objects: new Map(), comments: [], findings: [], ids: new Set() }
  for (const item of items) place(item, making)
  return { steps: bounded(making), after: making.comments, findings: making.findings }
}

/** A name that the document accepts, made of any text. */
export function slug(text: string, otherwise: string): string {
  const plain = text
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
  const made = plain
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 40)
    .replace(/-+$/, '')
  return NAME_PATTERN.test(made) ? made : otherwise
}

interface Making {
  known: Known
  steps: Placed[]
  /** Steps by kind and object. */
  objects: Map<string, { step: DraftStep; id: string }>
  comments: string[]
  findings: Finding[]
  ids: Set<string>
}

function place(item: Item, making: Making): void {
  if (item.is === 'structure') return found(making, item, 'kept', item.became, item.because)
  if (item.is === 'comment') return comment(item, making, item.because)
  if (item.is === 'text') return asked(item, making, item.because)
  const { became } = item
  if (became.as === 'step') return step(item, became, making)
  if (became.as === 'verification') return verification(item, became, making)
  if (became.as === 'manual') return asked(item, making, became.because)
  if (became.as === 'refused') return refuse(item, became, making)
  if (became.with && !Object.hasOwn(making.known.steps, became.with)) return asked(item, making, missing(became.with))
  comment(item, making, became.because)
}

/** What is refused stays readable; where a safe step can take its place, that step stands below it. */
function refuse(item: Place, became: Became & { as: 'refused' }, making: Making): void {
  const { because: reason, instead, rewritten } = became
  making.comments.push(`Refused: ${masked(item.original)}`, reason, `Instead: ${instead}`)
  const finding = { ...shown(item), outcome: 'refused' as const, became: 'comment', reason, instead }
  const drawn = rewritten && withReference(rewritten.step, making)
  if (!drawn || making.known.steps[drawn.kind]?.(drawn) !== undefined || !Object.hasOwn(making.known.steps, drawn.kind))
    return void making.findings.push(finding)
  const id = unique(idOf(drawn), making)
  const made = { id, ...drawn }
  making.objects.set(`${drawn.kind} ${rewritten.object}`, { step: made, id })
  making.steps.push({ step: made, comments: making.comments.splice(0) })
  making.findings.push({ ...finding, became: `step ${id} (${drawn.kind})` })
}

/** What an earlier step makes is not there yet when the plan is made, so it is named by that step. */
function withReference(step: DraftStep, { objects }: Making): DraftStep {
  const maker = objects.get(`rds-restore ${String(step['candidate'])}`)
  return maker ? { ...step, candidate: { ref: `${maker.id}.resourceId` } } : step
}

function step(item: Place, became: Became & { as: 'step' }, making: Making): void {
  const { kind } = became.step
  const faults = making.known.steps[kind]
  if (!faults) return asked(item, making, missing(kind))
  const wrong = faults(became.step) ?? measurementFault(became.step, making)
  if (wrong !== undefined) return asked(item, making, `The kind ${kind} does not take it as it is: ${wrong}.`)
  const key = `${kind} ${became.joins ?? became.object}`
  const twin = making.objects.get(key)
  if (twin && became.joins !== undefined) return joined(item, twin, became.step, making)
  if (twin) {
    if (same(twin.step, became.step)) return found(making, item, 'merged', `step ${twin.id}`, 'It is the same step.')
    return asked(
      item,
      making,
      `Step ${twin.id} already moves this; a second one would move it on. A person decides which it is.`,
    )
  }
  const id = unique(idOf(became.step), making)
  const made = { id, ...became.step }
  making.objects.set(key, { step: made, id })
  making.steps.push({ step: made, comments: making.comments.splice(0) })
  found(making, item, 'step', `step ${id} (${kind})`, became.because)
}

/** What must hold in the same look stands in one check. */
function joined(item: Place, check: { step: DraftStep; id: string }, { all }: DraftStep, making: Making): void {
  check.step['all'] = [...(check.step['all'] as unknown[]), ...(all as unknown[])]
  found(making, item, 'merged', `step ${check.id} (${check.step.kind})`, 'It is measured in the same look.')
}

function measurementFault({ kind, all }: DraftStep, { known }: Making): string | undefined {
  if (kind !== 'check' || !Array.isArray(all)) return undefined
  for (const measurement of all as Record<string, unknown>[]) {
    const name = Object.keys(known.measurements).find((one) => Object.hasOwn(measurement, one))
    if (!name) return `no measurement ${Object.keys(measurement)[0]} is available in this version`
    const wrong = known.measurements[name]?.(measurement)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

/** What waits for a step, or looks whether it worked, belongs to that step. */
function verification(item: Place, became: Became & { as: 'verification' }, making: Making): void {
  const wanted = became.object.split('/').slice(-2).join('/')
  const of = [...making.objects].findLast(
    ([key]) =>
      key.startsWith(`${became.kind} `) &&
      (wanted === '' || key.endsWith(` ${became.object}`) || key.endsWith(`/${wanted}`) || key.endsWith(wanted)),
  )?.[1]
  const text = !Object.hasOwn(making.known.steps, became.kind)
    ? missing(became.kind)
    : 'No step before it does what it waits for.'
  if (!of) return asked(item, making, text)
  if (became.timeout && of.step['timeout'] === undefined) of.step['timeout'] = became.timeout
  found(making, item, 'merged', `step ${of.id} (${of.step.kind})`, became.because)
}

function asked(item: Place, making: Making, because: string): void {
  const texts = pieces(braceless(masked(item.original)))
  for (const text of texts) {
    const id = unique(slug(firstWords(text), 'by-hand'), making)
    making.steps.push({ step: { id, kind: 'manual', text }, comments: making.comments.splice(0) })
    found(making, item, 'asked', `step ${id} (manual)`, because)
  }
}

function comment(item: Place, making: Making, because: string): void {
  making.comments.push(masked(item.original).replace(/^#+ ?/gm, ''))
  found(making, item, 'kept', 'comment', because)
}

function found(making: Making, item: Place, outcome: Finding['outcome'], became: string, reason?: string): void {
  making.findings.push({ ...shown(item), outcome, became, ...(reason !== undefined && { reason }) })
}

function shown({ line, end, original }: Place): Pick<Finding, 'line' | 'end' | 'original'> {
  return { line, end, original: masked(original) }
}

function missing(kind: string): string {
  return `The kind ${kind} is not available in this version.`
}

function same(one: DraftStep, other: DraftStep): boolean {
  const { id: _, timeout: __, ...rest } = one
  const { timeout: ___, ...others } = other
  return JSON.stringify(rest) === JSON.stringify(others)
}

function idOf(step: DraftStep): string {
  const { kind, workload, release, application, rollout, feature, flag } = step
  const named = [workload, release, application, rollout, feature, flag].find((value) => typeof value === 'string')
  if (typeof named === 'string' && !named.includes('{{')) return slug(named.split('/').at(-1) ?? '', kind)
  if (kind === 'kubernetes' || kind === 'helm') return 'app'
  return kind === 'check' ? 'health' : kind
}

function unique(wanted: string, { ids }: Making): string {
  let id = wanted
  for (let n = 2; ids.has(id); n++) id = `${wanted.slice(0, 55)}-${n}`
  ids.add(id)
  return id
}

function firstWords(text: string): string {
  return text
    .replace(/^[\s$#>*-]+/, '')
    .split(/\s+/)
    .slice(0, 5)
    .join(' ')
}

/** Braces mean parameters in a document; those that mean something else stand apart. */
function braceless(text: string): string {
  return text.replace(/\{\{(?!\s*parameters\.)/g, '{ {').replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, ' ')
}

/** A text in pieces that a step may hold: at most 500 characters, cut between lines where that can be. */
function pieces(text: string): string[] {
  const lines = text.split('\n').flatMap((line) => line.match(/.{1,480}/gs) ?? [])
  const out: string[] = []
  for (const line of lines) {
    const last = out.at(-1)
    if (last !== undefined && last.length + line.length < 490) out[out.length - 1] = `${last}\n${line}`
    else out.push(line)
  }
  return out.map((piece) => piece.trim()).filter(Boolean)
}

/** Neighbouring texts joined where there are more steps than a document may hold; what is still too much, as comments. */
function bounded(making: Making): Placed[] {
  let steps = making.steps
  for (let at = 0; steps.length > MOST && at < steps.length - 1; ) {
    const [one, other] = [steps[at], steps[at + 1]]
    const text = `${String(one?.step['text'])}\n${String(other?.step['text'])}`
    const joins = one?.step.kind === 'manual' && other?.step.kind === 'manual' && text.length <= 490
    if (!joins || !one || !other) {
      at++
      continue
    }
    rename(making, other.step['id'], one.step['id'])
    const joined = { step: { ...one.step, text }, comments: [...one.comments, ...other.comments] }
    steps = [...steps.slice(0, at), joined, ...steps.slice(at + 2)]
  }
  for (const { step, comments } of steps.slice(MOST)) {
    making.comments.push(...comments, written(step['text'], JSON.stringify(step)))
    rename(making, step['id'], undefined)
  }
  return steps.slice(0, MOST)
}

function rename({ findings }: Making, from: unknown, to: unknown): void {
  for (const finding of findings) {
    if (!finding.became.startsWith(`step ${String(from)} `)) continue
    finding.became = to === undefined ? 'comment' : `step ${written(to)} (manual)`
    if (to === undefined) finding.reason = `A procedure holds at most ${MOST} steps; split this one.`
  }
}
