import assert from 'node:assert/strict'
import { applied, contextFor, errorOf, planOf, verified } from './conformance-drive.ts'
import type { Fixture } from './conformance.ts'

/** Everything that a target says about an object full of secrets, searched for each of them in every usual spelling. */
export async function secretsStayHidden(fixture: Fixture): Promise<void> {
  const { target, connection } = fixture
  const { subject, canaries } = await fixture.secret()
  const context = contextFor(connection)
  const said: unknown[] = []
  const hear = <Said>(something: Said): Said => {
    said.push(something)
    return something
  }
  hear(await target.history(target.schema.parse(subject.step), context))
  const plan = hear(await planOf(target, subject.step, context))
  hear(await verified(target, subject.step, plan.to, context))
  const limited = await fixture.forbidden()
  hear(spoken(await errorOf(() => applied(target, subject.step, plan, contextFor(limited.connection)))))
  const nowhere = contextFor(await fixture.unreachable())
  hear(spoken(await errorOf(() => target.apply(target.schema.parse(subject.step), plan, nowhere))))
  const state = hear(await applied(target, subject.step, plan, context))
  hear(await verified(target, subject.step, state, context))
  await subject.elsewhere()
  hear(await verified(target, subject.step, state, context))
  hear(spoken(await errorOf(() => applied(target, subject.step, { from: state, to: plan.from }, context))))
  const text = JSON.stringify(said)
  assert.ok(canaries.length > 0, 'the subject holds no secret, so the case proves nothing')
  for (const canary of canaries)
    for (const spelling of spellings(canary)) assert.ok(!text.includes(spelling), `${canary} was said in ${text}`)
}

/** All of an error that could reach a log: message, facts, stack and the causes behind it. */
function spoken(error: Error & { facts?: unknown }): unknown {
  const { message, stack, facts, cause } = error
  return { message, stack, facts, ...(cause instanceof Error && { cause: spoken(cause) }) }
}

function spellings(canary: string): string[] {
  const bytes = Buffer.from(canary)
  return [canary, bytes.toString('base64').replace(/=+$/, ''), bytes.toString('hex'), encodeURIComponent(canary)]
}
