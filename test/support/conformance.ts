import assert from 'node:assert/strict'
import { errors } from '../../model/errors.ts'
import type { Target } from '../../model/target.ts'
import { applied, contextFor, errorOf, planOf, verified } from './conformance-drive.ts'
import { killedInMidApply } from './conformance-kill.ts'
import type { HoldingProxy } from './conformance-proxy.ts'
import { secretsStayHidden } from './conformance-secrets.ts'

/** One object of the real system, prepared for one case, that can go back to an earlier revision. */
export interface Subject {
  step: Record<string, unknown>
  /**
   * The object as people wrote it, whole: without what the system counts by itself (versions, clocks, status) and
   * without the marks that a rollback leaves.
   */
  read: () => Promise<unknown>
  /** Something that changes with every write, also with one that writes nothing new. */
  version: () => Promise<string>
  /** Changes what a rollback overwrites, as somebody else would. */
  elsewhere: () => Promise<void>
  /** Changes what a rollback leaves alone, as an autoscaler would. Answers how to see whether that is still there. */
  irrelevant: () => Promise<() => Promise<boolean>>
}

/** How one target's real system is brought into each situation. Every subject is fresh; the fixture cleans up itself. */
export interface Fixture {
  target: Target
  /** A connection with all rights that the target needs. */
  connection: unknown
  arrange: () => Promise<Subject>
  /** An object that has no earlier revision. */
  empty: () => Promise<Pick<Subject, 'step'>>
  /**
   * An object that a reconciler owns, and the words for acting nevertheless; without such words nothing that the target
   * does is reverted, and the plan must go through.
   */
  owned: () => Promise<Pick<Subject, 'step'> & { forced?: Record<string, unknown> }>
  /** A connection whose account may plan but not write, and words that name the missing right. */
  forbidden: () => Promise<{ connection: unknown; right: RegExp }>
  /** A connection to an address where nothing answers. */
  unreachable: () => Promise<unknown>
  /** A subject that is full of these secrets, in both of its revisions. */
  secret: () => Promise<{ subject: Subject; canaries: string[] }>
  /**
   * The system takes no condition with its writes, but they say what shall be so: one that arrives late is accepted, and
   * has to change nothing.
   */
  unconditional?: true
  /** A proxy before the system that can hold a write, the credentials that lead through it, and the target's module. */
  proxied: () => Promise<{ proxy: HoldingProxy; credentials: unknown; module: string; exported: string }>
}

/** One line of the suite: resolves if the target keeps it. */
export interface Case {
  name: string
  run: (fixture: Fixture) => Promise<void>
}

/** Everything that each target promises, as cases against the real system. */
export const conformance: readonly Case[] = [
  { name: 'plan changes nothing', run: planChangesNothing },
  { name: 'apply twice equals apply once', run: applyTwice },
  { name: 'verify passes after apply', run: verifyPasses },
  { name: 'the move reversed restores exactly', run: reverseRestores },
  { name: 'verify fails while the system is elsewhere', run: verifyFailsElsewhere },
  ...killedInMidApply,
  { name: 'nothing to go back to is NO_ROLLBACK_TARGET, not retried', run: nothingToGoBackTo },
  { name: 'content changed since the plan is PLAN_STALE, and the change is kept', run: staleIsKept },
  { name: 'an irrelevant change since the plan goes through, and is kept', run: irrelevantGoesThrough },
  { name: 'unreachable is TARGET_UNREACHABLE, retried', run: unreachableIsRetried },
  { name: 'no permission is TARGET_FORBIDDEN, not retried, and says which right is missing', run: forbidden },
  { name: 'owned by a reconciler is TARGET_OWNED, refused unless forced with a reason', run: owned },
  {
    name: 'promise 8, secrets are named, never carried: a canary appears in no state, diff, message or error',
    run: secretsStayHidden,
  },
]

async function planChangesNothing({ target, connection, arrange }: Fixture): Promise<void> {
  const subject = await arrange()
  const [before, version] = [await subject.read(), await subject.version()]
  const context = contextFor(connection)
  await target.history(target.schema.parse(subject.step), context)
  const plan = await planOf(target, subject.step, context)
  assert.notDeepEqual(plan.from, plan.to, 'the plan moves nothing, so the case proves nothing')
  assert.ok(plan.changes.length > 0, 'the plan shows no change')
  assert.deepEqual(await subject.read(), before)
  assert.equal(await subject.version(), version)
}

async function applyTwice({ target, connection, arrange }: Fixture): Promise<void> {
  const subject = await arrange()
  const context = contextFor(connection)
  const plan = await planOf(target, subject.step, context)
  const first = await applied(target, subject.step, plan, context)
  const [once, version] = [await subject.read(), await subject.version()]
  const second = await applied(target, subject.step, plan, context)
  assert.deepEqual(second, first)
  assert.deepEqual(await subject.read(), once)
  assert.equal(await subject.version(), version, 'the second apply wrote something')
}

async function verifyPasses({ target, connection, arrange }: Fixture): Promise<void> {
  const subject = await arrange()
  const context = contextFor(connection)
  const plan = await planOf(target, subject.step, context)
  const state = await applied(target, subject.step, plan, context)
  const verdict = await verified(target, subject.step, state, context)
  assert.equal(verdict.status, 'pass', verdict.evidence.summary)
}

async function reverseRestores({ target, connection, arrange }: Fixture): Promise<void> {
  const subject = await arrange()
  const before = await subject.read()
  const context = contextFor(connection)
  const plan = await planOf(target, subject.step, context)
  const state = await applied(target, subject.step, plan, context)
  assert.notDeepEqual(await subject.read(), before, 'apply changed nothing')
  const back = await applied(target, subject.step, { from: state, to: plan.from }, context)
  assert.deepEqual(await subject.read(), before)
  const verdict = await verified(target, subject.step, back, context)
  assert.equal(verdict.status, 'pass', verdict.evidence.summary)
}

async function verifyFailsElsewhere({ target, connection, arrange }: Fixture): Promise<void> {
  const subject = await arrange()
  const context = contextFor(connection)
  const plan = await planOf(target, subject.step, context)
  assert.equal((await verified(target, subject.step, plan.to, context)).status, 'fail', 'before apply')
  const state = await applied(target, subject.step, plan, context)
  await subject.elsewhere()
  assert.equal((await verified(target, subject.step, state, context)).status, 'fail', 'after somebody changed it')
}

async function nothingToGoBackTo({ target, connection, empty }: Fixture): Promise<void> {
  const { step } = await empty()
  const error = await errorOf(() => planOf(target, step, contextFor(connection)))
  assert.equal(error.code, 'NO_ROLLBACK_TARGET', error.message)
  assert.equal(errors[error.code].retryable, false)
}

async function staleIsKept({ target, connection, arrange }: Fixture): Promise<void> {
  const subject = await arrange()
  const context = contextFor(connection)
  const plan = await planOf(target, subject.step, context)
  await subject.elsewhere()
  const changed = await subject.read()
  const error = await errorOf(() => applied(target, subject.step, plan, context))
  assert.equal(error.code, 'PLAN_STALE', error.message)
  assert.equal(error.facts?.['untouched'], true)
  assert.deepEqual(await subject.read(), changed)
}

async function irrelevantGoesThrough({ target, connection, arrange }: Fixture): Promise<void> {
  const subject = await arrange()
  const context = contextFor(connection)
  const plan = await planOf(target, subject.step, context)
  const isThere = await subject.irrelevant()
  assert.ok(await isThere(), 'the change can not be seen, so the case proves nothing')
  const state = await applied(target, subject.step, plan, context)
  assert.ok(await isThere(), 'the irrelevant change is gone')
  const verdict = await verified(target, subject.step, state, context)
  assert.equal(verdict.status, 'pass', verdict.evidence.summary)
}

async function unreachableIsRetried({ target, connection, arrange, unreachable }: Fixture): Promise<void> {
  const subject = await arrange()
  const plan = await planOf(target, subject.step, contextFor(connection))
  const step = target.schema.parse(subject.step)
  const nowhere = contextFor(await unreachable())
  const calls = [
    () => target.history(step, nowhere),
    () => target.plan(step, nowhere),
    () => target.apply(step, plan, nowhere),
    () => target.verify(step, plan.to, nowhere),
  ]
  for (const call of calls) {
    const error = await errorOf(call)
    assert.equal(error.code, 'TARGET_UNREACHABLE', error.message)
    assert.equal(errors[error.code].retryable, true)
  }
}

async function forbidden({ target, connection, arrange, forbidden: account }: Fixture): Promise<void> {
  const subject = await arrange()
  const [before, limited] = [await subject.read(), await account()]
  const plan = await planOf(target, subject.step, contextFor(limited.connection))
  assert.deepEqual(plan.to, (await planOf(target, subject.step, contextFor(connection))).to)
  const error = await errorOf(() => applied(target, subject.step, plan, contextFor(limited.connection)))
  assert.equal(error.code, 'TARGET_FORBIDDEN', error.message)
  assert.equal(errors[error.code].retryable, false)
  assert.match(error.message, limited.right)
  assert.deepEqual(await subject.read(), before)
}

async function owned({ target, connection, owned: reconciled }: Fixture): Promise<void> {
  const { step, forced } = await reconciled()
  if (!forced) return void (await planOf(target, step, contextFor(connection)))
  const error = await errorOf(() => planOf(target, step, contextFor(connection)))
  assert.equal(error.code, 'TARGET_OWNED', error.message)
  assert.equal(errors[error.code].retryable, false)
  const plan = await planOf(target, { ...step, ...forced }, contextFor(connection))
  assert.ok(
    plan.warnings.some(({ code }) => code === 'OWNED'),
    'the forced plan does not warn of the owner',
  )
}
