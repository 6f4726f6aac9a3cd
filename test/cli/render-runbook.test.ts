import { describe, expect, test } from 'vitest'
import { planLines } from '../../cli/render/plan.ts'
import { type Line, paint } from '../../cli/render/span.ts'
import { treeLines } from '../../cli/render/tree.ts'
import type { RunState, StepState } from '../../model/run.ts'
import { BEGAN, run, step } from './record.ts'

function plain(lines: readonly Line[]): string {
  return paint(lines, { colour: false, width: Number.POSITIVE_INFINITY }).join('\n')
}

function tree(shown: RunState): string {
  return plain(treeLines({ run: shown, now: BEGAN + 5_200, frame: 2, width: 100 }))
}

describe('a run by a runbook', () => {
  const runbook = { name: 'checkout', revision: '1'.repeat(64), source: 'runbooks/checkout.yaml' }

  test('shows a question with the commands that answer it, and why evidence has no answer', () => {
    const asking = {
      id: 'linked',
      question: 'Is the problem linked to the last deployment?',
      attempt: 1,
      since: BEGAN,
      because: 'release.deployedAt is not known',
    }
    expect(tree(run({ phase: 'deciding', runbook, steps: [], decision: { path: [], asking } }))).toMatchInlineSnapshot(`
      "checkout in production  being decided  5.2 s
        Errors since v1.9 (anna)
        runbook checkout

        nothing is planned yet

        Is the problem linked to the last deployment?
          because release.deployedAt is not known
          unwind answer checkout yes -e production
          unwind answer checkout no -e production"
    `)
  })

  test('shows the path, groups, waits, a manual step, an approval in mid-run and the checklist', () => {
    const shown = run({
      runbook,
      procedure: 'app-only',
      decision: {
        path: [
          { id: 'linked', question: 'Is it linked?', answer: 'yes', at: BEGAN, by: 'evidence' },
          { id: 'migrations', question: 'Any migrations?', answer: 'no', at: BEGAN, by: { subject: 'bert' } },
        ],
      },
      steps: [
        step({ group: 1, status: 'done' }),
        step({ id: 'flag', title: 'flag/checkout → off', group: 1, status: 'parked' }),
        bare({ id: 'drain', title: 'Drain', kind: 'wait', role: 'wait', status: 'applying', until: BEGAN + 60_000 }),
        bare({
          id: 'call',
          title: 'Call the bank',
          kind: 'manual',
          role: 'manual',
          status: 'asking',
          asking: { what: 'manual', question: 'Call the bank', since: BEGAN },
        }),
        bare({
          id: 'gate',
          title: 'Move the traffic?',
          kind: 'approve',
          role: 'approve',
          status: 'asking',
          asking: {
            what: 'approve',
            question: 'Move the traffic?',
            since: BEGAN,
            need: { rules: [{ min: 2, groups: ['sre'], self: false, expires: 600_000 }], because: [] },
          },
        }),
      ],
      checklist: [
        {
          id: 'confirm',
          phase: 'before',
          text: 'Confirm the version',
          required: false,
          ticked: { at: BEGAN, by: 'anna' },
        },
        { id: 'business', phase: 'after', text: 'Confirm with the business', required: true },
      ],
    })
    expect(tree(shown)).toMatchInlineSnapshot(`
      "checkout in production  rolling back  5.2 s
        Errors since v1.9 (anna)
        runbook checkout, procedure app-only
          Is it linked? Yes (evidence)
          Any migrations? No (bert)

        ✓ ∥ deployment/checkout → previous  done
            deployment/checkout in shop: revision 2 (shop/checkout:v1.9) → revision 1 (shop/checkout:v1.8)
        ! ∥ flag/checkout → off             waits for a person
            deployment/checkout in shop: revision 2 (shop/checkout:v1.9) → revision 1 (shop/checkout:v1.8)
        ⠹ Drain                             waits
            waits until 10:01:00 UTC
        ? Call the bank                     asks a person
        ? Move the traffic?                 asks a person

        Checklist
          ✓ Confirm the version (anna)
          ○ Confirm with the business [business]

        Call the bank
          unwind answer checkout yes -e production
          unwind answer checkout no -e production

        Move the traffic? (gate waits for 2 approvals from sre, open for 9 min 55 s)
          unwind approve checkout -e production --step gate
          unwind reject checkout -e production --step gate"
    `)
  })

  test('shows what is still to be ticked once all steps are done', () => {
    const checklist = [{ id: 'business', phase: 'after' as const, text: 'Confirm with the business', required: true }]
    expect(tree(run({ phase: 'closing', runbook, steps: [], checklist }))).toContain(
      'unwind tick checkout business -e production',
    )
  })

  test('a plan shows the answers that led to it, or the question that is open', () => {
    const asking = { id: 'm', question: 'Any migrations?', attempt: 1, since: BEGAN, because: 'nothing tells' }
    const path = [{ id: 'l', question: 'Is it linked?', answer: 'yes' as const, at: BEGAN, by: 'evidence' as const }]
    const open = { service: 'checkout', environment: 'production', steps: [], decision: { path, asking } }
    expect(plain(planLines(open))).toMatchInlineSnapshot(`
      "Plan for checkout in production
        Is it linked? Yes (evidence)

      A person has to answer: Any migrations?
        because nothing tells"
    `)
    const steps = [bare({ id: 'call', title: 'Call the bank', role: 'manual' })]
    const planned = { ...open, steps, decision: { path }, procedure: 'app-only', digest: 'c0ffee00'.repeat(8) }
    expect(plain(planLines(planned))).toMatchInlineSnapshot(`
      "Plan for checkout in production
        Is it linked? Yes (evidence)
        Procedure app-only

      1. Call the bank
         a person does it and says so

      Needs no approval.
      Digest  c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00"
    `)
    expect(plain(planLines({ ...open, decision: { path }, stop: 'Investigate other causes.' }))).toContain(
      'Nothing is rolled back: Investigate other causes.',
    )
  })

  /** A step that moves no system. */
  function bare(over: Partial<StepState>): StepState {
    const { plan: _plan, ...rest } = step({ connection: 'unwind', ...over })
    return rest
  }
})
