import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Approval, type ApprovalRule, approvalNeeded, missing, type Policy, stricter } from '../../model/policy.ts'

const rule = fc.record<ApprovalRule>({
  min: fc.integer({ min: 1, max: 3 }),
  groups: fc.subarray(['sre', 'dba', 'lead']),
  self: fc.boolean(),
  expires: fc.constantFrom(60_000, 900_000),
})
const policy: fc.Arbitrary<Policy> = fc
  .tuple(fc.array(rule, { maxLength: 3 }), fc.option(fc.subarray(['kubernetes', 'helm', 'rds'])), fc.boolean())
  .map(([approvals, kinds, inline]) => ({ approvals, ...(kinds && { kinds }), inline }))
const approval: fc.Arbitrary<Approval> = fc
  .record({ subject: fc.constantFrom('anna', 'bert', 'cleo', 'dora'), groups: fc.subarray(['sre', 'dba', 'lead']) })
  .map((actor) => ({ actor, planDigest: 'd', at: 0 }))
const approvals = fc.uniqueArray(approval, { selector: ({ actor }) => actor.subject })

test('the stricter of two policies is never easier than either', () => {
  fc.assert(
    fc.property(policy, policy, approvals, (a, b, given) => {
      const both = stricter(a, b)
      const open = (one: Policy) => missing({ rules: one.approvals, because: [] }, 'anna', given)
      expect(open(both)).toBe(Math.max(open(a), open(b)))
      expect(both.inline).toBe(a.inline && b.inline)
      for (const kind of both.kinds ?? [])
        for (const one of [a, b]) expect(one.kinds?.includes(kind) ?? true).toBe(true)
    }),
  )
})

test('another approval never makes a plan need more', () => {
  fc.assert(
    fc.property(fc.array(rule, { minLength: 1, maxLength: 3 }), approvals, (rules, given) => {
      const need = { rules, because: [] }
      expect(missing(need, 'anna', given)).toBeLessThanOrEqual(missing(need, 'anna', given.slice(1)))
    }),
  )
})

test('nothing is asked when no rule, no irreversible step, no warning and no change demands it', () => {
  const plan = {
    summary: 'v2 → v1',
    reversible: true as const,
    warnings: [{ code: 'MUTABLE_TAG', message: 'a tag moves' }],
  }
  const free: Policy = { approvals: [], inline: true }
  expect(approvalNeeded([plan], free, { accepted: [], stale: false })).toBeUndefined()
  expect(approvalNeeded([plan], free, { accepted: [], stale: true })?.rules).toHaveLength(1)
  const unsure = { ...plan, warnings: [{ code: 'UNVERIFIED_TARGET', message: 'nobody recorded it', confirm: true }] }
  expect(approvalNeeded([unsure], free, { accepted: ['UNVERIFIED_TARGET'], stale: false })).toBeUndefined()
  expect(approvalNeeded([unsure], free, { accepted: [], stale: false })?.because[0]).toContain('UNVERIFIED_TARGET')
})
