import { createHash, randomUUID } from 'node:crypto'
import { stringify } from 'yaml'
import { podsKind } from '../../../activities/checks/pods/schema.ts'
import { readDocument, writtenProblems } from '../../../config/document.ts'
import type { RunInput } from '../../../model/run.ts'
import { compileRunbook } from '../../../model/runbook/compile.ts'
import { runbookDocument } from '../../../model/runbook/document.ts'
import type { LoadedRunbook } from '../../../model/runbook/loaded.ts'
import { ALICE, type Engine } from '../../support/engine.ts'
import { memoryKind } from '../../support/memory-target.ts'
import { ATTEMPTS, type Case, type Known, type PlannedStep } from './case.ts'

const Document = runbookDocument([memoryKind.schema], [podsKind.schema])
const EXPRESSIONS: Record<Known, string> = {
  yes: 'parameters.holds',
  no: '!parameters.holds',
  unknown: 'alert.labels.tier == "gold"',
}
/** A channel that the worker doesn't have: telling people fails no run. */
const NOBODY = { nobody: { kind: 'log' as const } }
const HOLDS = { holds: { type: 'boolean', default: true } }

/** The case as people would have it: documents in YAML, read and compiled as the API does. */
export function inputOf({ configuration }: Engine, given: Case): RunInput {
  const { approvals, expiring, overdue, questions, procedures, checklist, events } = given
  const entries = Object.entries(procedures).map(([name, steps]) => [name, outer(given, name, steps)] as const)
  const rule = { min: approvals, groups: ['sre'], expires: expiring ? '150ms' : '10m' }
  const document = {
    ...head('shop', `s-${randomUUID()}`),
    policy: { ...(approvals > 0 && { approvals: [rule] }), ...(overdue && { timeout: '1ms' }) },
    ...(questions.length > 0
      ? { decision: questions.map(question), procedures: Object.fromEntries(entries) }
      : { steps: entries[0]?.[1] }),
    checklist: checklist.map((item) => ({ ...item, phase: 'after', text: `Item ${item.id}` })),
  }
  const others = Object.keys(given.embedded).map((name) => {
    const steps = (procedures[name] ?? []).filter(({ id }) => id.includes('.'))
    return [`${name}-part`, loaded({ ...head(`${name}-part`, 'part'), steps: entriesOf(steps) })] as const
  })
  const answers = questions.flatMap(({ id, given: said }) => (said ? [[id, said] as const] : []))
  const request = { environment: 'test', reason: 'the release is bad', answers: Object.fromEntries(answers) }
  const around = {
    configuration: { ...configuration, channels: NOBODY },
    ...{ kinds: { memory: memoryKind }, measurements: { pods: podsKind } },
    others: new Map(others),
  }
  const input = compileRunbook(loaded(document), request, around, ALICE)
  return { ...input, limits: { ...input.limits, attempts: ATTEMPTS, ...(events && { events }) } }
}

function head(name: string, service: string) {
  return { apiVersion: 'unwind/v1', kind: 'Runbook', metadata: { name, service }, parameters: HOLDS }
}

function loaded(document: object): LoadedRunbook {
  const text = stringify(document)
  const read = readDocument(text, Document)
  if ('problems' in read) throw new Error(`${writtenProblems('runbook', read.problems)}\n${text}`)
  const revision = createHash('sha256').update(text).digest('hex')
  return { runbook: read.value, revision, source: 'a proof', reviewed: true }
}

function question({ evidence, given: _given, ...rest }: Case['questions'][number]) {
  return { ...rest, evidence: EXPRESSIONS[evidence] }
}

/** The entries of a procedure; those of an embedded runbook are one. */
function outer({ embedded }: Case, name: string, steps: PlannedStep[]): object[] {
  const part = embedded[name]
  const inside = steps.filter(({ id }) => id.includes('.'))
  const [first] = inside
  if (!part || !first) return entriesOf(steps)
  const { id, when } = part
  const step = { id, kind: 'runbook', runbook: `${name}-part`, ...(when && { when: EXPRESSIONS[when] }) }
  const at = steps.indexOf(first)
  return [...entriesOf(steps.slice(0, at)), step, ...entriesOf(steps.slice(at + inside.length))]
}

function entriesOf(steps: PlannedStep[]): object[] {
  const groups = [...new Set(steps.map((step) => step.group ?? step))]
  return groups.map((group) => {
    const parallel = steps.filter((step) => (step.group ?? step) === group).map(stepOf)
    return typeof group === 'number' ? { parallel } : (parallel[0] ?? {})
  })
}

/** A name within its own document: `part.s2` is `s2` in the runbook that is embedded as `part`. */
function local(id: string): string {
  return id.slice(id.indexOf('.') + 1)
}

function stepOf(step: PlannedStep): object {
  const { id, optional, onFailure, retries, timeout, when } = step
  const expression = typeof when === 'object' ? `steps.${local(when.passed)}.passed` : when && EXPRESSIONS[when]
  return {
    ...{ id: local(id), optional, onFailure },
    ...fieldsOf(step),
    ...(retries && { retry: { attempts: retries, pause: '10ms' } }),
    ...(timeout && { timeout: '3s' }),
    ...(expression && { when: expression }),
  }
}

function fieldsOf({ role, object, irreversible, of = '' }: PlannedStep): object {
  const look = { every: '1s', within: '30s', failureLimit: 0, inconclusiveLimit: 0 }
  switch (role) {
    case 'change':
      return { kind: 'memory', object, ...(irreversible && { irreversible }) }
    case 'check':
      return { kind: 'check', ...look, all: [{ pods: 'healthy', of: local(of) }] }
    case 'wait':
      return { kind: 'wait', for: '20ms' }
    case 'notify':
      return { kind: 'notify', channels: ['nobody'], text: 'We roll back' }
    case 'manual':
    case 'approve':
      return { kind: role, text: `Go on with ${role}` }
  }
}
