import { expect, test } from 'vitest'
import { measurements } from '../../activities/checks/schemas.ts'
import { RunbookDocument } from '../../activities/runbook.ts'
import { kinds } from '../../activities/schemas.ts'
import { readDocument } from '../../config/document.ts'
import { Configuration } from '../../model/configuration.ts'
import type { RunInput } from '../../model/run.ts'
import { compileRunbook } from '../../model/runbook/compile.ts'
import { outlineOf } from '../../model/runbook/outline.ts'
import { runbookProblems } from '../../model/runbook/problems.ts'

const CLUSTERS = { west: 'live', east: 'live', south: 'live', lab: 'staging' }
const CONFIGURATION = Configuration.parse({
  apiVersion: 'unwind/v1',
  kind: 'Configuration',
  environments: { live: { cluster: 'west', namespace: 'shop' }, staging: { namespace: 'shop' }, empty: {} },
  connections: {
    ...Object.fromEntries(
      Object.entries(CLUSTERS).map(([name, environment]) => [
        name,
        { kind: 'kubernetes', environment, server: 'http://127.0.0.1:1', taskQueue: `queue-${name}` },
      ]),
    ),
    ...Object.fromEntries(
      Object.entries(CLUSTERS).map(([name, environment]) => [
        `health-${name}`,
        { kind: 'http', environment, origin: 'https://shop.example', taskQueue: `queue-${name}` },
      ]),
    ),
  },
})

const BODY = `
    steps:
      - { id: app, kind: kubernetes, workload: deployment/shop }
      - { id: pods, kind: check, all: [{ pods: healthy, of: app }] }
      - { id: health, kind: check, all: [{ http: "health-{{ parameters.cluster }}", path: "/{{ parameters.cluster }}" }], when: 'steps.app.passed && parameters.cluster != "south"' }`

function read(rest: string) {
  const text = `apiVersion: unwind/v1\nkind: Runbook\nmetadata: { name: shop, service: shop }\n${rest}`
  const found = readDocument(text, RunbookDocument)
  if ('problems' in found) throw new Error(JSON.stringify(found.problems))
  return found.value
}

function compiled(entry: string, environment = 'live'): RunInput {
  const loaded = { runbook: read(`steps:\n${entry}`), revision: '0'.repeat(64), source: 'a file', reviewed: true }
  const around = { configuration: CONFIGURATION, kinds, measurements, others: new Map() }
  return compileRunbook(loaded, { environment, reason: 'a test' }, around, { subject: 'alice', groups: [] })
}

test('steps for several clusters are those of one cluster after another, with a wait between, each under the name of its cluster', () => {
  const { steps } = compiled(`  - clusters: [east, west]\n    pause: 5m${BODY}`)
  expect(steps.map(({ id, title, connection, taskQueue }) => [id, title, connection, taskQueue])).toEqual([
    ['east.app', 'east: deployment/shop → last-good', 'east', 'queue-east'],
    ['east.pods', expect.stringMatching(/^east: /), 'east', 'queue-east'],
    ['east.health', expect.stringMatching(/^east: .*health-east/), 'health-east', 'queue-east'],
    ['west.pause', 'west: wait 5 min', 'unwind', undefined],
    ['west.app', 'west: deployment/shop → last-good', 'west', 'queue-west'],
    ['west.pods', expect.stringMatching(/^west: /), 'west', 'queue-west'],
    ['west.health', expect.stringMatching(/^west: .*health-west/), 'health-west', 'queue-west'],
  ])
  expect(steps.map(({ group }) => group)).toEqual(steps.map(() => undefined))
  expect(steps[2]).toMatchObject({
    when: 'steps["east.app"].passed && "east" != "south"',
    check: { measurements: [{ spec: { http: 'health-east', path: '/east' } }] },
  })
  expect(steps[5]?.check?.measurements[0]).toMatchObject({ of: 'west.app' })
})

test('a budget of two changes two clusters at the same time, each step in both before the next', () => {
  const { steps } = compiled(`  - clusters: [east, west, south]\n    budget: 2\n    pause: 1m${BODY}`)
  expect(steps.map(({ id, group }) => [id, group])).toEqual([
    ...[
      ['east.app', 1],
      ['west.app', 1],
      ['east.pods', 2],
      ['west.pods', 2],
      ['east.health', 3],
      ['west.health', 3],
    ],
    ...[
      ['south.pause', undefined],
      ['south.app', undefined],
      ['south.pods', undefined],
      ['south.health', undefined],
    ],
  ])
})

test('clusters of other environments are left out, so that one document serves all; where none is left it is refused', () => {
  const entry = `  - clusters: [east, lab]\n    pause: 5m${BODY}`
  expect(compiled(entry, 'staging').steps.map(({ id }) => id)).toEqual(['lab.app', 'lab.pods', 'lab.health'])
  expect(compiled(entry, 'live').steps.map(({ id }) => id)).toEqual(['east.app', 'east.pods', 'east.health'])
  expect(() => compiled(entry, 'empty')).toThrow('none of the clusters east, lab belongs to empty')
})

test('what later steps say of a cluster is checked like any other name, and steps outside keep theirs', () => {
  const later = `\n  - { kind: manual, text: Look, when: 'steps["west.pods"].passed' }`
  const first = `  - { id: before, kind: manual, text: Look }\n`
  const entry = `${first}  - clusters: [east, west]\n    steps:\n      - { id: app, kind: kubernetes, workload: deployment/shop, when: steps.before.passed }\n      - { id: pods, kind: check, all: [{ pods: healthy, of: app }] }`
  expect(compiled(entry + later).steps.map(({ id, when }) => [id, when])).toEqual([
    ['before', undefined],
    ['east.app', 'steps["before"].passed'],
    ['east.pods', undefined],
    ['west.app', 'steps["before"].passed'],
    ['west.pods', undefined],
    ['manual-4', 'steps["west.pods"].passed'],
  ])
  expect(() => compiled(`${entry}\n  - { kind: manual, text: Look, when: steps.pods.passed }`)).toThrow('has no pods')
})

test('lint names a cluster that is not there, one named twice, a cluster in a step, a runbook inside, and each fault once', () => {
  const connections = CONFIGURATION.connections
  const measuring = { measurements, connections, environments: ['live', 'staging', 'empty'] }
  const problems = runbookProblems(
    read(`parameters: { cluster: { type: string, default: x } }
steps:
  - clusters: [east, wset, east]
    steps:
      - { id: app, kind: kubernetes, workload: deployment/shop, cluster: west, namespace: "{{ parameters.space }}" }
      - { kind: runbook, runbook: other }`),
    { measuring },
  )
  expect(problems.map(({ path, message }) => `${path.join('.')}: ${message}`)).toEqual([
    'parameters.cluster: steps for several clusters have a parameter of this name already',
    'steps.0.clusters.1: there is no cluster wset; did you mean west?',
    'steps.0.clusters.2: east is named twice',
    'steps.0.steps.0.cluster: the list of clusters says where this step goes; leave it out',
    expect.stringContaining('steps.0.steps.1.kind: a runbook can’t be put in for several clusters'),
    expect.stringContaining('steps.0.steps.0.namespace: '),
    expect.stringContaining('steps.0.steps.0.id: two steps are called east.app'),
    expect.stringContaining('steps.0.steps.1.id: two steps are called east.runbook-2'),
  ])
})

test('the outline shows each cluster by name, and those that go together side by side', () => {
  const document = read(`steps:\n  - clusters: [east, west]\n    budget: 2${BODY}`)
  const [procedure] = outlineOf(document, kinds, measurements).procedures
  expect(procedure?.entries.map((entry) => entry.map(({ id }) => id))).toEqual([
    ['east.app', 'west.app'],
    ['east.pods', 'west.pods'],
    ['east.health', 'west.health'],
  ])
  expect(procedure?.entries[0]?.[1]?.title).toBe('west: deployment/shop → last-good')
})
