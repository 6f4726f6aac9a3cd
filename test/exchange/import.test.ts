import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { measurements } from '../../activities/checks/schemas.ts'
import { kinds } from '../../activities/schemas.ts'
import { importRunbook, type Known, knownBy } from '../../exchange/import/index.ts'
import { RunbookDocument } from '../../activities/runbook.ts'
import { runbookProblems } from '../../model/runbook/problems.ts'
import { DANGERS, MARKDOWN, SCRIPT, SEED, WORKFLOW } from './corpus/sources.ts'

const known = knownBy(kinds, measurements)
const read = (source: string, as: Known = known) => importRunbook(source, { format: 'auto', name: 'shop', known: as })
const steps = (source: string, as = known) => (read(source, as).document['steps'] ?? []) as Record<string, unknown>[]
const only = (line: string) => steps(line)[0]

test('the runbook of people becomes a document that is valid, with its tree, its steps and its people', () => {
  const { document, format, needs } = read(SEED)
  expect(format).toBe('runbook')
  expect(runbookProblems(RunbookDocument.parse(document))).toEqual([])
  expect(document).toMatchObject({
    metadata: { name: 'application-rollback', service: 'api' },
    contacts: { oncall: '#ops-oncall', escalation: '@platform-lead' },
    decision: [
      { id: 'assess', onYes: { ask: 'rollback' }, onNo: { stop: 'Investiguer autres causes' } },
      { id: 'rollback', onYes: { stop: 'Évaluer la compatibilité avant rollback' }, onNo: { run: 'execute' } },
    ],
    procedures: {
      execute: [
        { id: 'api', kind: 'kubernetes', workload: 'deployment/api', namespace: 'production', to: 'previous' },
        { kind: 'check', all: [{ http: 'api', path: '/health', status: 200 }] },
        { kind: 'manual', text: 'Vérifier métriques Grafana' },
        {
          ...{ kind: 'check', within: '5m', every: '15s', consecutive: 4 },
          all: [
            { prometheus: 'error_rate', below: 0.01 },
            { prometheus: 'latency_p99', below: '500ms' },
            { pods: 'healthy', of: 'api' },
          ],
        },
      ],
    },
    communicate: { started: ['status-page'], finished: ['ops-alerts', 'status-page'], ticket: ['post-mortem'] },
  })
  expect(document['checklist']).toBeUndefined()
  expect(document['triggers']).toEqual([
    { id: 'error-rate', check: { prometheus: 'error_rate', above: 0.1, for: '5m' }, mode: 'propose' },
    { id: 'p99-latency', check: { prometheus: 'latency_p99', above: '5s', for: '5m' }, mode: 'propose' },
    {
      id: 'multiple-pod-crashes',
      check: { crashing: 'deployment/api', namespace: 'production', atLeast: 2, for: '1m' },
      mode: 'propose',
    },
  ])
  expect(needs).toEqual({
    connections: { api: '' },
    queries: ['error_rate', 'latency_p99'],
    channels: ['status-page', 'ops-alerts', 'post-mortem'],
  })
})

test('an object of Kubernetes, and a document that is one already, are no runbooks to import', () => {
  const rollout = '# Argo Rollouts\napiVersion: argoproj.io/v1alpha1\nkind: Rollout\nspec: { strategy: {} }\n'
  expect(() => read(rollout)).toThrow('this is a Rollout of argoproj.io/v1alpha1: import takes a script')
  expect(() => read('apiVersion: unwind/v1\nkind: Runbook\n')).toThrow('see unwind runbook lint')
})

test('what a version can not measure stays with a person', () => {
  const { prometheus: _prometheus, crashing: _crashing, ...measurements } = known.measurements
  const { document } = read(SEED, { ...known, measurements })
  expect(document['triggers']).toBeUndefined()
  const { execute } = document['procedures'] as Record<string, Record<string, unknown>[]>
  expect(execute?.map(({ text, all }) => text ?? all).slice(3)).toEqual([
    'Error rate < 1%',
    'p99 latency < 500ms',
    [{ pods: 'healthy', of: 'api' }],
  ])
})

test('a script becomes parameters, one step for both branches, its verification merged, and a check', () => {
  const { document, needs } = read(SCRIPT)
  expect(runbookProblems(RunbookDocument.parse(document))).toEqual([])
  expect(document['steps']).toMatchObject([
    {
      kind: 'kubernetes',
      workload: 'deployment/{{ parameters.deployment }}',
      to: '{{ parameters.revision }}',
      timeout: '5m',
    },
    { kind: 'check', all: [{ http: 'shop.example.org', path: '/health', status: 200 }] },
  ])
  expect(document['parameters']).toMatchObject({
    namespace: { default: 'production' },
    revision: { default: 'previous' },
  })
  expect(needs.connections).toEqual({ 'shop.example.org': 'https://shop.example.org' })
})

test('a workflow becomes environments and parameters, and a search by grep is refused with what to do in its place', () => {
  const { document, findings } = read(WORKFLOW)
  expect(document).toMatchObject({
    environments: { staging: { namespace: 'staging' }, production: { namespace: 'production' } },
    steps: [
      { kind: 'helm', release: 'api', to: '{{ parameters.version }}', wait: true },
      { kind: 'notify', text: 'to {{ parameters.version }}' },
    ],
  })
  expect(findings.find(({ outcome }) => outcome === 'refused')).toMatchObject({
    line: 17,
    instead: expect.stringContaining('exactly'),
  })
  expect(runbookProblems(RunbookDocument.parse(read(WORKFLOW).document))).toEqual([])
})

test('flags of helm rollback become fields of the step, and one that the step has no field for leaves the line to a person', () => {
  const source = [
    'helm rollback shop 3 -n prod --timeout 90s --no-hooks --wait --history-max 5',
    'helm rollback shop 3 --wait=hookOnly --no-hooks=false --force-conflicts',
    'helm rollback shop 3 --wait-for-jobs',
    'helm rollback shop 3 --timeout soon',
  ]
  const { document, findings } = read(source.join('\n'))
  expect(findings.map(({ outcome }) => outcome)).toEqual(['step', 'step', 'asked', 'asked'])
  expect(document['steps']).toMatchObject([
    { kind: 'helm', release: 'shop', namespace: 'prod', to: 3, limit: '90s', hooks: false, wait: true },
    { kind: 'helm', release: 'shop', to: 3, conflicts: 'force' },
    { kind: 'manual' },
    { kind: 'manual' },
  ])
  expect(document['steps']).not.toMatchObject([{}, { hooks: expect.anything() }, {}, {}])
})

test('sections of Markdown that each take something back are alternatives, which a person chooses from', () => {
  const { document } = read(MARKDOWN)
  expect(document).toMatchObject({
    decision: [
      { id: 'kubernetes', onYes: { run: 'kubernetes' }, onNo: { ask: 'helm' } },
      { id: 'helm', onYes: { run: 'helm' } },
    ],
    procedures: {
      kubernetes: [{ workload: 'deployment/shop' }],
      helm: [
        { release: 'shop', to: 3 },
        { kind: 'manual', text: '1. Look at the dashboard' },
      ],
    },
    checklist: [{ phase: 'before', text: 'Tell the team' }],
  })
  expect(runbookProblems(RunbookDocument.parse(read(MARKDOWN).document))).toEqual([])
})

test('dangers are refused with the reason and the safe way, also inside a container', () => {
  for (const line of DANGERS) {
    const { findings, document } = read(line)
    expect(findings.at(-1), line).toMatchObject({
      outcome: 'refused',
      reason: expect.any(String),
      instead: expect.any(String),
    })
    expect(JSON.stringify(document['steps']), line).not.toContain(line.split(' ')[0])
  }
})

test('a sync after the rollback is refused, since it brings the bad version back', () => {
  const { findings } = read('argocd app rollback shop 3\nargocd app sync shop')
  expect(findings.map(({ outcome }) => outcome)).toEqual(['step', 'refused'])
})

test('a rollback of argocd holds auto-sync, which a script gives back too early', () => {
  const script = 'argocd app set shop --sync-policy none\nargocd app rollback shop 3 -N team\n'
  const { document, findings } = read(`${script}argocd app set shop --sync-policy automated`)
  const step = { kind: 'argo-cd', application: 'shop', to: 3, appNamespace: 'team', hold: 'window' }
  expect(document['steps']).toEqual([expect.objectContaining(step)])
  expect(findings.map(({ outcome }) => outcome)).toEqual(['kept', 'step', 'refused'])
})

test('a second step on the same object is asked of a person, since it would go forward again', () => {
  const { findings } = read('kubectl rollout undo deploy/shop\nkubectl rollout undo deploy/shop --to-revision=3', known)
  expect(findings.map(({ outcome }) => outcome)).toEqual(['step', 'asked'])
})

test('a kind that this version lacks stays as text with the reason, and is a step once it is there', () => {
  const line = 'kubectl argo rollouts undo shop'
  const { 'argo-rollouts': _rollouts, ...fewer } = known.steps
  const { document, findings } = read(line, { ...known, steps: fewer })
  expect(document['steps']).toMatchObject([{ kind: 'manual', text: line }])
  expect(findings[0]?.reason).toBe('The kind argo-rollouts is not available in this version.')
  expect(only(line)).toMatchObject({ kind: 'argo-rollouts', rollout: 'shop' })
})

test('every kind of workload that kubectl takes back becomes a step, however it is abbreviated', () => {
  const workload = (line: string) => steps(line).map((step) => step['workload'])
  expect(workload('kubectl rollout undo sts/db')).toEqual(['statefulset/db'])
  expect(workload('kubectl rollout undo statefulset db')).toEqual(['statefulset/db'])
  expect(workload('kubectl rollout undo daemonsets.apps/agent')).toEqual(['daemonset/agent'])
  expect(workload('kubectl rollout undo ds/agent')).toEqual(['daemonset/agent'])
})

test('what is done only under a condition is never done without it', () => {
  for (const line of [
    'if [ "$A" = b ]; then kubectl rollout undo deploy/shop; fi',
    'kubectl rollout status deploy/shop || kubectl rollout undo deploy/shop',
    '[ -n "$A" ] && kubectl rollout undo deploy/shop',
    'for d in a b; do kubectl rollout undo deploy/$d; done',
    'kubectl rollout undo deploy/$(cat name)',
    'kubectl rollout undo deploy/shop --unheard-of',
    'kubectl rollout undo -f app.yaml',
    'kubectl rollout undo replicaset/shop',
  ])
    expect(
      steps(line).map(({ kind }) => kind),
      line,
    ).not.toContain('kubernetes')
})

test('tokens and addresses that are secrets stand in no document and no finding', () => {
  const secret = 'B0aaaaaaa/XXXXsecretXXXX'
  const source = `curl -X POST https://hooks.slack.com/services/T0/${secret} -d '{"text":"done"}'
curl -H "Authorization: Bearer abcdef0123456789" -X POST https://x.example.org/do
PGPASSWORD=hunter2hunter2 psql -c 'select 1'`
  expect(JSON.stringify(read(source))).not.toMatch(/XXXXsecret|abcdef0123456789|hunter2/)
})

test('nothing is dropped: every line that is not blank lies in a finding that holds it, and every document is valid', () => {
  const whole = fc.constantFrom(
    ...`${SEED}${SCRIPT}${WORKFLOW}${MARKDOWN}`.split('\n'),
    ...DANGERS,
    "echo 'open",
    'x() {',
    '}',
    'done',
    '```',
    'a: b: c',
    '\t',
  )
  // Half of the lines break off somewhere: keys without a value, open quotes.
  const line = fc.tuple(whole, fc.option(fc.nat(60), { freq: 2 })).map(([text, end]) => text.slice(0, end ?? undefined))
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 40 }), (lines) => {
      const source = lines.join('\n')
      const { findings, document, text } = read(source, known)
      const words = (text: string) => text.match(/[\p{L}\p{N}]+/gu) ?? []
      for (const [at, written] of lines.entries()) {
        if (written.trim() === '') continue
        const holding = findings.filter(({ line: first, end }) => first <= at + 1 && at + 1 <= end)
        expect(holding.length, `line ${at + 1} of ${JSON.stringify(source)}`).toBeGreaterThan(0)
        const held = words(holding.map(({ original }) => original).join(' '))
        expect(held, `line ${at + 1} of ${JSON.stringify(source)}`).toEqual(expect.arrayContaining(words(written)))
      }
      expect(parse(text)).toEqual(document)
      expect(RunbookDocument.safeParse(document).error?.issues ?? []).toEqual([])
    }),
    {
      ...{ numRuns: 300 },
      examples: [
        [['contacts:', '        run: |']],
        [['contacts:', '  lead:', '  Lead: "@a"', '  lead!: "@b"']],
        [['name:', 'steps:', ' -']],
      ],
    },
  )
})

test('calls of feature flags become typed steps, those of an endpoint that is gone as well', () => {
  const unleash = 'https://unleash.example.org/api/admin'
  const patch = `-H 'Content-Type: application/json; domain-model=launchdarkly.semanticpatch'`
  const semantic = `{"environmentKey":"production","instructions":[{"kind":"turnFlagOff"}]}`
  const source = [
    `curl -X POST ${unleash}/features/new-cart/toggle/off`,
    `curl -X POST ${unleash}/projects/shop/features/old-cart/environments/production/on`,
    `curl -X PATCH ${patch} https://app.launchdarkly.com/api/v2/flags/shop/express -d '${semantic}'`,
    'ldcli flags toggle-off --flag gift --project shop --environment production',
  ].join('\n')
  const { document, findings } = read(source, known)
  expect(findings.map(({ outcome }) => outcome)).toEqual(['step', 'step', 'step', 'step'])
  expect(findings[0]?.reason).toContain('removed this endpoint')
  const where = { project: 'shop', flagEnvironment: 'production' }
  expect(document).toMatchObject({
    steps: [
      { kind: 'unleash', flag: 'new-cart', to: 'off' },
      { kind: 'unleash', flag: 'old-cart', to: 'on', ...where },
      { kind: 'launchdarkly', flag: 'express', to: 'off', ...where },
      { kind: 'launchdarkly', flag: 'gift', to: 'off', ...where },
    ],
  })
})
