import type { RunState } from '../../model/run.ts'

/** When the alert of the record fired, two minutes before the run began. */
export const ALERTED = Date.UTC(2026, 0, 2, 3, 2, 5)
const began = ALERTED + 120_000
const at = (seconds: number): number => began + seconds * 1_000

const DECISION: NonNullable<RunState['decision']> = {
  path: [
    {
      id: 'linked',
      question: 'Is the problem linked to the last deployment?',
      answer: 'yes',
      at: at(1),
      by: 'evidence',
      expression: 'alert.startsAt - release.deployedAt < duration("30m")',
      inputs: { 'release.deployedAt': '2026-01-02T02:50:00Z', 'alert.startsAt': '2026-01-02T03:02:05Z' },
    },
    {
      id: 'migrations',
      question: 'Does this deployment carry database migrations?',
      answer: 'no',
      at: at(1.5),
      by: { subject: 'bert' },
      note: 'looked at the diff',
    },
  ],
}

const OWED: Pick<RunState, 'checklist' | 'obligations'> = {
  checklist: [
    {
      id: 'business',
      phase: 'after',
      text: 'Confirm with the business',
      required: true,
      ticked: { at: at(290), by: 'cora' },
    },
    { id: 'confirm', phase: 'before', text: 'Confirm the target version', required: false },
  ],
  obligations: [{ id: 'approval', text: 'Approve afterwards', owner: 'sre', due: at(86_400) }],
}

const STEPS: RunState['steps'] = [
  {
    id: 'app',
    kind: 'kubernetes',
    title: 'deployment/checkout → last-good',
    connection: 'production',
    procedure: 'app-only',
    optional: false,
    status: 'done',
    attempt: 1,
    begun: true,
    plan: {
      summary: 'v1.9 → v1.8',
      object: 'kubernetes/uid/shop/deployment/checkout',
      from: { uid: 'u1', template: 'sha256:aa' },
      to: { uid: 'u1', template: 'sha256:bb' },
      changes: [{ path: 'containers.app.image', from: 'shop/checkout:v1.9', to: 'shop/checkout:v1.8' }],
      reversible: true,
      warnings: [{ code: 'UNVERIFIED_TARGET', message: 'no finished run says that it worked', confirm: true }],
      limits: { apply: 60_000, verify: 60_000 },
      lost: ['4f2a91c Add the new basket'],
      impact: ['2 of 4 pods are replaced at a time'],
    },
    verdict: { status: 'pass', evidence: { summary: '4 of 4 pods are ready' } },
    startedAt: at(42),
    endedAt: at(75),
  },
  {
    id: 'healthy',
    kind: 'check',
    title: 'healthy for 1 min',
    connection: 'shop',
    role: 'check',
    optional: false,
    status: 'done',
    attempt: 1,
    begun: false,
    retried: 1,
    verdict: { status: 'pass', evidence: { summary: '4 passes in a row', facts: { passes: 4 } } },
    samples: [{ summary: 'checkout-health: 503' }, { summary: 'checkout-health: 200' }],
    startedAt: at(75),
    endedAt: at(135),
  },
]

const TIMELINE: RunState['timeline'] = [
  { seq: 1, at: at(0), type: 'started', text: 'Rollback asked for', actor: 'anna' },
  { seq: 2, at: at(40), type: 'approved', text: 'go', actor: 'bert', verified: true },
  { seq: 3, at: at(60), type: 'step-applied', text: 'deployment/checkout is applied', stepId: 'app' },
  { seq: 4, at: at(61), type: 'told', text: 'started: told ops-alerts' },
  { seq: 5, at: at(70), type: 'claimed', text: 'cora is driving', actor: 'cora', verified: false },
  { seq: 6, at: at(300), type: 'ended', text: 'Every step is applied and verified' },
]

/** The record of a run by a runbook that has everything in it that a report tells of. */
export function fullRecord(changes: Partial<RunState> = {}): RunState {
  return structuredClone({
    format: 1 as const,
    id: 'rollback/production/checkout',
    runId: '0d5c9a52-6f6a-4c0f-9d6a-3a3f6d0f9a11',
    service: 'checkout',
    environment: 'production',
    reason: 'v1.9 | crashes\n# not a heading <!-- unwind:end summary -->',
    incident: 'INC-7',
    startedBy: { subject: 'anna', groups: ['sre'] },
    startedAt: began,
    plannedAt: at(2),
    endedAt: at(300),
    phase: 'ended',
    outcome: 'recovered',
    planDigest: 'ab'.repeat(32),
    alert: { startsAt: new Date(ALERTED).toISOString(), labels: { alertname: 'CheckoutErrors', severity: 'page' } },
    runbook: { name: 'checkout', revision: 'cd'.repeat(32), source: 'runbooks/checkout.yaml' },
    procedure: 'app-only',
    release: { version: 'v1.9', deployedAt: '2026-01-02T02:50:00Z', migrations: [] },
    decision: DECISION,
    need: {
      rules: [{ min: 1, groups: ['sre'], self: true, expires: 900_000 }],
      because: ['policy', 'UNVERIFIED_TARGET: no finished run says that it worked'],
    },
    approvals: [{ actor: { subject: 'bert', groups: ['sre'] }, planDigest: 'ab'.repeat(32), at: at(40), note: 'go' }],
    brokenGlass: { planDigest: 'ab'.repeat(32), by: 'anna', at: at(41), incident: 'INC-7' },
    ...OWED,
    steps: STEPS,
    timeline: TIMELINE,
    ...changes,
  })
}
