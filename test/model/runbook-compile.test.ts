import { expect, test } from 'vitest'
import { measurements } from '../../activities/checks/schemas.ts'
import { RunbookDocument } from '../../activities/runbook.ts'
import { kinds } from '../../activities/schemas.ts'
import { readDocument } from '../../config/document.ts'
import { Configuration } from '../../model/configuration.ts'
import type { RunInput } from '../../model/run.ts'
import { compileRunbook } from '../../model/runbook/compile.ts'
import type { LoadedRunbook } from '../../model/runbook/loaded.ts'

const CONFIGURATION = Configuration.parse({
  apiVersion: 'unwind/v1',
  kind: 'Configuration',
  environments: { open: { cluster: 'open' }, guarded: { cluster: 'guarded', namespace: 'shop', protected: true } },
  connections: Object.fromEntries(
    ['open', 'guarded'].map((environment) => [
      environment,
      { kind: 'kubernetes', environment, server: 'http://127.0.0.1:1', taskQueue: `queue-${environment}` },
    ]),
  ),
})

function loaded(rest: string, name = 'shop'): LoadedRunbook {
  const text = `apiVersion: unwind/v1\nkind: Runbook\nmetadata: { name: ${name}, service: ${name} }\n${rest}`
  const read = readDocument(text, RunbookDocument)
  if ('problems' in read) throw new Error(JSON.stringify(read.problems))
  return { runbook: read.value, revision: '0'.repeat(64), source: 'a file', reviewed: true }
}

function compiled(rest: string, others: Record<string, string> = {}, more: object = {}): RunInput {
  const library = Object.entries(others).map(([name, text]) => [name, loaded(text, name)] as const)
  const request = { environment: 'open', reason: 'a test', ...more }
  const around = { configuration: CONFIGURATION, kinds, measurements, others: new Map(library) }
  return compileRunbook(loaded(rest), request, around, { subject: 'alice', groups: [] })
}

test('a release fills each change that names none, and environments of the document come before those of unwind.yaml', () => {
  const { steps, runbook } = compiled(
    `
environments: { open: { namespace: mine } }
parameters: { release: { type: release }, replica: { type: string, default: b } }
steps:
  - { kind: kubernetes, workload: deployment/a }
  - { kind: kubernetes, workload: "deployment/{{ parameters.replica }}", to: previous, when: 'parameters.replica == "b"' }`,
    {},
    { parameters: { release: '7' } },
  )
  expect(steps.map(({ id, step, taskQueue }) => [id, step['to'], step['namespace'], taskQueue])).toEqual([
    ['kubernetes-1', 7, 'mine', 'queue-open'],
    ['kubernetes-2', 'previous', 'mine', 'queue-open'],
  ])
  expect(steps[1]).toMatchObject({ title: 'deployment/b → previous', when: 'parameters.replica == "b"' })
  expect(runbook).toMatchObject({ oneRelease: true, procedure: 'steps', parameters: { release: 7, replica: 'b' } })
})

test('steps of an embedded runbook stand in its place under longer names, with its own parameters and groups', () => {
  const inner = `
parameters: { name: { type: string } }
steps:
  - parallel:
      - { id: x, kind: kubernetes, workload: "deployment/{{ parameters.name }}" }
      - { id: y, kind: kubernetes, workload: deployment/y }
  - { id: ok, kind: check, when: 'steps.x.passed && parameters.name == "in"', all: [{ pods: healthy, of: x }] }`
  const { steps } = compiled(
    `
environments: { open: { namespace: mine } }
steps:
  - { id: first, kind: wait, for: 5s }
  - { id: sub, kind: runbook, runbook: inner, when: steps.first.passed, parameters: { name: in } }
  - parallel: [{ kind: manual, text: a }, { kind: manual, text: b }]`,
    { inner: inner.replace('steps:', 'environments: { open: { namespace: other } }\nsteps:') },
  )
  expect(steps.map(({ id, role, group }) => [id, role, group])).toEqual([
    ['first', 'wait', undefined],
    ['sub.x', undefined, 1],
    ['sub.y', undefined, 1],
    ['sub.ok', 'check', undefined],
    ['manual-3', 'manual', 2],
    ['manual-4', 'manual', 2],
  ])
  expect(steps[1]).toMatchObject({
    step: { workload: 'deployment/in', namespace: 'other' },
    when: 'steps.first.passed',
  })
  expect(steps[3]).toMatchObject({
    when: '(steps.first.passed) && (steps["sub.x"].passed && "in" == "in")',
    ...{ connection: 'open', taskQueue: 'queue-open' },
    check: { measurements: [{ kind: 'pods', of: 'sub.x' }], every: 15_000, within: 300_000 },
  })
})

test('runbooks that embed each other are refused, and so is one with several procedures of which none is named', () => {
  const round = 'steps: [{ kind: runbook, runbook: shop }]'
  expect(() =>
    compiled('steps: [{ kind: runbook, runbook: b }]', { b: round, shop: 'steps: [{ kind: wait, for: 1s }]' }),
  ).toThrow('embed each other: shop → b → shop')
  const two = `decision: [{ id: a, question: A?, onYes: { run: x }, onNo: { run: y } }]
procedures: { x: [{ kind: wait, for: 1s }], y: [{ kind: wait, for: 1s }] }`
  expect(() => compiled('steps: [{ kind: runbook, runbook: two }]', { two })).toThrow(
    'needs a procedure; two has: x, y',
  )
  expect(compiled('steps: [{ kind: runbook, runbook: two, procedure: y }]', { two }).steps).toHaveLength(1)
})

test('in a protected environment every approval names its groups, and steps in a request are refused by default', () => {
  const steps = 'steps: [{ kind: kubernetes, workload: deployment/a }]'
  const guarded = { environment: 'guarded' }
  expect(compiled(steps, {}, guarded).policy.inline).toBe(false)
  expect(() => compiled(`policy: { approvals: [{ min: 1 }] }\n${steps}`, {}, guarded)).toThrow('name the groups')
  expect(() => compiled('steps: [{ kind: approve }]', {}, guarded)).toThrow('name the groups')
})

test('who has to approve a step is reminded and somebody above is told, where the step says so', () => {
  const [step] = compiled('steps: [{ kind: approve, groups: [dba], remind: 5m, escalate: 10m }]').steps
  expect(step?.asked?.rule).toMatchObject({ groups: ['dba'], expires: 1_800_000, remind: 300_000, escalate: 600_000 })
})

test.each([
  ['steps: [{ kind: notify, channels: [lgo], text: a }]', 'there is no channel or contact lgo; did you mean log?'],
  ['contacts: { oncall: "@someone" }\nsteps: [{ kind: notify, channels: [oncall], text: a }]', 'leads to no channel'],
  ['steps: [{ kind: manual, text: "{{ secrets.a }} b" }]', 'braces hold a parameter and nothing else'],
  ['steps: [{ kind: manual, text: "{{ parameters.a }}" }]', 'the runbook has no parameter a'],
  [
    'steps: [{ kind: manual, text: a, when: steps.later.passed }, { id: later, kind: wait, for: 1s }]',
    'steps has no later',
  ],
  ['parameters: { a: { type: string, pattern: "(a+)+" } }\nsteps: [{ kind: wait, for: 1s }]', 'no groups'],
  ['procedures: { a: [{ kind: wait, for: 1s }] }', 'a decision has to choose between them'],
  ['steps: [{ kind: check, every: 1m, within: 1m, consecutive: 4, all: [{ http: a }] }]', 'too short for 4 looks'],
])('%s is refused and says why', (text, message) => {
  expect(() => compiled(text)).toThrow(message)
})
