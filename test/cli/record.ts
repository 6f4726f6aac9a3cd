import type { Plan } from '../../model/target.ts'
import type { RunState, StepState } from '../../model/run.ts'

/** When the runs of these tests began. */
export const BEGAN = Date.UTC(2026, 4, 3, 10, 0, 0)

const plan: Plan = {
  summary: 'deployment/checkout in shop: revision 2 (shop/checkout:v1.9) → revision 1 (shop/checkout:v1.8)',
  object: 'kubernetes/uid/shop/deployment/checkout',
  from: {},
  to: {},
  changes: [
    { path: 'containers.app.image', from: 'shop/checkout:v1.9', to: 'shop/checkout:v1.8' },
    { path: 'containers.app.env.RELEASE', from: 'v1.9', to: 'v1.8' },
    { path: 'containers.app.args', from: '--fast' },
  ],
  reversible: true,
  warnings: [{ code: 'UNVERIFIED_TARGET', message: 'no finished run says that revision 1 worked', confirm: true }],
  limits: { apply: 60_000, verify: 190_000 },
}

/** A step of a record, planned unless told otherwise. */
export function step(over: Partial<StepState> = {}): StepState {
  return {
    id: 'kubernetes-1',
    kind: 'kubernetes',
    title: 'deployment/checkout → previous',
    connection: 'production',
    optional: false,
    status: 'planned',
    attempt: 0,
    begun: false,
    plan,
    ...over,
  }
}

/** A record of a run with one step, running unless told otherwise. */
export function run(over: Partial<RunState> = {}): RunState {
  return {
    format: 1,
    id: 'rollback/production/checkout',
    runId: '0198a7b2-0000-7000-8000-000000000001',
    service: 'checkout',
    environment: 'production',
    reason: 'Errors since v1.9',
    startedBy: { subject: 'anna', groups: ['sre'] },
    startedAt: BEGAN,
    phase: 'running',
    planDigest: 'c0ffee00'.repeat(8),
    approvals: [],
    steps: [step()],
    timeline: [],
    ...over,
  }
}

/** A run that waits for a person after a failed verification. */
export function parkedRun(): RunState {
  const problem = {
    code: 'VERIFY_FAILED',
    message: 'container app of pod checkout-1: CrashLoopBackOff, exit code 1',
  } as const
  return run({
    phase: 'parked',
    steps: [step({ status: 'parked', attempt: 1, begun: true, startedAt: BEGAN + 500, problem })],
    parked: {
      stepId: 'kubernetes-1',
      attempt: 1,
      during: 'verify',
      problem,
      evidence: { summary: 'last event: BackOff restarting failed container' },
      choices: [
        { choice: 'retry', effect: 'goes on with deployment/checkout → previous from where it stands' },
        { choice: 'compensate', effect: 'takes back what was done: image v1.8 → v1.9' },
        { choice: 'abort', effect: 'ends the run and reverses nothing; stays changed: deployment/checkout' },
      ],
      since: BEGAN + 4_000,
    },
  })
}
