import { describe, expect, test } from 'vitest'
import type { RunState } from '../../model/run.ts'
import { planLines } from '../../cli/render/plan.ts'
import { revisionRows, rollbackRows } from '../../cli/render/rows.ts'
import { type Line, paint } from '../../cli/render/span.ts'
import { firstCommands, surveyLines } from '../../cli/render/survey.ts'
import { age } from '../../cli/render/table.ts'
import { sentence, treeLines } from '../../cli/render/tree.ts'
import { BEGAN, parkedRun, run, step } from './record.ts'

function plain(lines: readonly Line[], width = Number.POSITIVE_INFINITY): string {
  return paint(lines, { colour: false, width }).join('\n')
}

function tree(shown: RunState, more: { doing?: string; stale?: string; aside?: string } = {}): string {
  return plain(treeLines({ run: shown, now: BEGAN + 5_200, frame: 2, width: 100, ...more }))
}

describe('the tree', () => {
  test('shows what a running step does, with a bar where it counts', () => {
    const shown = run({
      steps: [
        step({ status: 'verifying', begun: true, startedAt: BEGAN + 500 }),
        step({ id: 'b', title: 'flag/checkout → off' }),
      ],
    })
    expect(tree(shown, { doing: '2 of 3 pods ready' })).toMatchInlineSnapshot(`
      "checkout in production  rolling back  5.2 s
        Errors since v1.9 (anna)

        ⠹ deployment/checkout → previous  verifying  4.7 s
            deployment/checkout in shop: revision 2 (shop/checkout:v1.9) → revision 1 (shop/checkout:v1.8)
            ████████░░░░ 2 of 3 pods ready
        · flag/checkout → off             planned
            deployment/checkout in shop: revision 2 (shop/checkout:v1.9) → revision 1 (shop/checkout:v1.8)"
    `)
  })

  test.each([
    ['all 3 pods ready, held for 820 ms of 10s', 1],
    ['all 3 pods ready, held for 5 s of 10s', 6],
    ['all 3 pods ready, held for 1 min 30 s of 3m', 6],
    ['2 of 3 pods ready', 8],
  ])('the bar of %j has %i of 12 parts', (doing, filled) => {
    const shown = run({ steps: [step({ status: 'verifying' })] })
    expect(tree(shown, { doing })).toContain(`${'█'.repeat(filled)}${'░'.repeat(12 - filled)} ${doing}`)
  })

  test('has no bar for what does not count', () => {
    const shown = run({ steps: [step({ status: 'applying' })] })
    expect(tree(shown, { doing: 'the controller has not seen the change yet' })).not.toMatch(/[█░]/)
  })

  test('shows a parked run with its cause, its evidence and the exact commands', () => {
    expect(tree(parkedRun())).toMatchInlineSnapshot(`
      "checkout in production  waiting for a person  5.2 s
        Errors since v1.9 (anna)

        ! deployment/checkout → previous  waits for a person  4.7 s
            deployment/checkout in shop: revision 2 (shop/checkout:v1.9) → revision 1 (shop/checkout:v1.8)

        kubernetes-1 stopped during verify, 1.2 s ago
        VERIFY_FAILED: container app of pod checkout-1: CrashLoopBackOff, exit code 1
        last event: BackOff restarting failed container

        What now?
          unwind retry checkout -e production
            goes on with deployment/checkout → previous from where it stands
          unwind compensate checkout -e production
            takes back what was done: image v1.8 → v1.9
          unwind abort checkout -e production --reason "…"
            ends the run and reverses nothing; stays changed: deployment/checkout"
    `)
  })

  test('shows what an approval waits for, and how long it stays open', () => {
    const need = { rules: [{ min: 2, groups: ['sre'], self: false, expires: 1_800_000 }], because: ['policy'] }
    const given = { actor: { subject: 'ben', groups: ['sre'] }, planDigest: 'c0ffee00'.repeat(8), at: BEGAN }
    expect(
      tree(run({ phase: 'awaiting-approval', need, needSince: BEGAN, approvals: [given] })),
    ).toMatchInlineSnapshot(`
      "checkout in production  waiting for an approval  5.2 s
        Errors since v1.9 (anna)

        · deployment/checkout → previous  planned
            deployment/checkout in shop: revision 2 (shop/checkout:v1.9) → revision 1 (shop/checkout:v1.8)

        Waits for 1 approval from sre, open for 29 min 55 s. Nothing is changed before.
          because: policy
          given by ben

          unwind approve checkout -e production
          unwind reject checkout -e production"
    `)
  })

  test('shows a recovered run with what proved it', () => {
    const verdict = { status: 'pass', evidence: { summary: 'all 3 pods are ready, held for 10 s' } } as const
    const done = step({ status: 'done', begun: true, startedAt: BEGAN + 500, endedAt: BEGAN + 12_000, verdict })
    expect(
      tree(run({ phase: 'ended', outcome: 'recovered', endedAt: BEGAN + 12_100, steps: [done] })),
    ).toMatchInlineSnapshot(`
      "checkout in production  recovered  12.1 s
        Errors since v1.9 (anna)

        ✓ deployment/checkout → previous  done  11.5 s
            deployment/checkout in shop: revision 2 (shop/checkout:v1.9) → revision 1 (shop/checkout:v1.8)
            all 3 pods are ready, held for 10 s"
    `)
  })

  test('lists what an aborted run leaves changed', () => {
    const left = step({ status: 'applying', begun: true, startedAt: BEGAN })
    expect(
      tree(run({ phase: 'ended', outcome: 'aborted', endedAt: BEGAN + 2_000, steps: [left] })),
    ).toMatchInlineSnapshot(`
      "checkout in production  aborted  2 s
        Errors since v1.9 (anna)

        * deployment/checkout → previous  applying  2 s
            deployment/checkout in shop: revision 2 (shop/checkout:v1.9) → revision 1 (shop/checkout:v1.8)

        What stays changed:
          deployment/checkout in shop: revision 2 (shop/checkout:v1.9) → revision 1 (shop/checkout:v1.8)"
    `)
  })

  test('shows why a run does not apply', () => {
    const problem = { code: 'NO_ROLLBACK_TARGET', message: 'deployment/checkout has one revision only' } as const
    const shown = run({ phase: 'ended', outcome: 'not-applicable', endedAt: BEGAN + 900, problem, steps: [] })
    expect(tree(shown)).toContain('NO_ROLLBACK_TARGET: deployment/checkout has one revision only')
  })

  test('says that it is paused and how to go on', () => {
    const shown = run({ pause: { by: 'ben', at: BEGAN } })
    expect(tree(shown)).toContain('Paused by ben. Go on:  unwind resume checkout -e production')
    expect(sentence(shown, BEGAN + 60_000)).toBe('checkout in production is paused by ben (1 min)')
  })

  test('says when it may be old', () => {
    expect(tree(run(), { stale: 'The API does not answer just now.' })).toContain('The API does not answer just now.')
  })
})

describe('the plan', () => {
  test('shows from what to what, the warnings, the need for approval and the digest', () => {
    const need = {
      rules: [{ min: 1, groups: [], self: true, expires: 3_600_000 }],
      because: ['UNVERIFIED_TARGET: no finished run says that revision 1 worked'],
    }
    expect(
      plain(
        planLines({
          service: 'checkout',
          environment: 'production',
          steps: [step()],
          digest: 'c0ffee00'.repeat(8),
          need,
        }),
      ),
    ).toMatchInlineSnapshot(`
      "Plan for checkout in production

      1. deployment/checkout → previous
         deployment/checkout in shop: revision 2 (shop/checkout:v1.9) → revision 1 (shop/checkout:v1.8)
         - containers.app.image        shop/checkout:v1.9
         + containers.app.image        shop/checkout:v1.8
         - containers.app.env.RELEASE  v1.9
         + containers.app.env.RELEASE  v1.8
         - containers.app.args         --fast
         ! UNVERIFIED_TARGET (has to be accepted): no finished run says that revision 1 worked
         can be taken back
         limits: 1 min to apply, 3 min 10 s to verify

      Needs 1 approval, within 1 h.
        because: UNVERIFIED_TARGET: no finished run says that revision 1 worked
      Digest  c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00"
    `)
  })

  test('marks what cannot be taken back', () => {
    const { plan } = step()
    const steps = [
      {
        id: 'a',
        title: 'a',
        plan: plan && { ...plan, changes: [], reversible: { because: 'no ReplicaSet keeps it' } },
      },
    ]
    const text = plain(planLines({ service: 'checkout', environment: 'production', steps }))
    expect(text).toContain('cannot be taken back: no ReplicaSet keeps it')
    expect(text).toContain('nothing changes: it is there already')
  })
})

describe('tables', () => {
  test('list rollbacks as kubectl lists objects', () => {
    const runs = [
      run(),
      { ...run({ phase: 'ended', outcome: 'recovered', endedAt: BEGAN + 12_000 }), environment: 'staging' },
    ]
    expect(plain(rollbackRows(runs, BEGAN + 300_000, false))).toMatchInlineSnapshot(`
      "ENVIRONMENT   SERVICE    STATUS      AGE   TOOK   REASON
      production    checkout   running     5m    -      Errors since v1.9
      staging       checkout   recovered   5m    12s    Errors since v1.9"
    `)
    expect(plain(rollbackRows(runs, BEGAN + 300_000, true))).toContain('anna')
  })

  test('list revisions, the current one marked', () => {
    const revisions = [
      {
        id: '2',
        title: 'shop/checkout:v1.9',
        current: true,
        verified: false,
        createdAt: new Date(BEGAN).toISOString(),
        details: { pods: '3' },
      },
      { id: '1', title: 'shop/checkout:v1.8', current: false, verified: true, details: {} },
    ]
    expect(plain(revisionRows(revisions, BEGAN + 60_000, true))).toMatchInlineSnapshot(`
      "REVISION   WHAT                 AGE   STATE      PODS
      2          shop/checkout:v1.9   60s   current    3
      1          shop/checkout:v1.8   -     verified   -"
    `)
  })

  test.each([
    [0, '0s'],
    [119_000, '119s'],
    [120_000, '2m'],
    [7_200_000, '2h'],
    [172_800_000, '2d'],
  ])('write an age of %i ms as %s', (ms, text) => {
    expect(age(ms)).toBe(text)
  })

  test('of a survey offer the free workload with most revisions first', () => {
    const revision = { id: '1', title: 'a', current: true, verified: false, details: {} }
    const found = {
      pin: { server: 'https://10.0.0.1' },
      rights: [{ verb: 'patch', resource: 'deployments.apps', allowed: false, purpose: 'apply' as const }],
      workloads: [
        {
          workload: 'deployment/web',
          replicas: 1,
          owner: { system: 'Helm', name: 'web' },
          revisions: [revision, revision, revision],
        },
        { workload: 'deployment/checkout', replicas: 3, revisions: [revision, revision] },
      ],
    }
    const choices = { namespace: 'shop', environment: 'production', connection: 'production' }
    expect(firstCommands(found, choices)).toEqual([
      'unwind plan deployment/checkout -n shop --to previous',
      'unwind start deployment/checkout -n shop --to previous --reason "…"',
    ])
    expect(plain(surveyLines(found, choices))).toContain('✗   patch deployments.apps   missing; needed to roll back')
  })
})
