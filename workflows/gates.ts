import { condition } from '@temporalio/workflow'
import type { Refusal } from '../model/triggers/episode.ts'
import { ask, stops } from './entities.ts'
import { measureOnce } from './measuring.ts'
import type { Proposal } from './proposing.ts'

/** Notes reasons, each once. */
export function refuseAll({ state }: Proposal, refusals: readonly Refusal[]): void {
  for (const refusal of refusals)
    if (!state.refusals.some(({ code }) => code === refusal.code)) state.refusals.push(refusal)
}

/** Waits a moment before anything is decided: services that alert together are no matter of one deploy. */
export async function gather({ input, state }: Proposal): Promise<void> {
  const { environment, service } = state
  await ask({ environment, service }, 'alerting', { service })
  const left = state.since + input.settings.gather - Date.now()
  if (left > 0)
    await condition(() => state.resolvedAt !== undefined || state.supersededAt !== undefined, left, {
      summary: 'See what else alerts',
    })
}

/**
 * Asks every gate and notes each reason that speaks against a rollback by itself: the service, its own measurement, and,
 * where nothing speaks against it and it may go by itself, a place in the budget of the environment.
 */
export async function admitted(run: Proposal): Promise<void> {
  const { input, state } = run
  const { id, alert, settings, trigger } = input
  const place = { environment: state.environment, service: state.service }
  const schema = state.planned?.schema ?? 'unknown'
  const { refusals } = await ask(place, 'admit', { id, alert, settings, schema })
  refuseAll(run, refusals)
  refuseAll(run, await unconfirmed(run))
  const acts = state.refusals.length === 0 && trigger.mode !== 'propose'
  // The budget is asked even where it does not count yet: an incident of the infrastructure stops proposals as well.
  const wanted = await ask(place, 'reserve', { id, service: state.service, settings, acts })
  refuseAll(run, wanted)
}

/** Looked at once more just before it starts by itself. */
export async function stopped(run: Proposal): Promise<boolean> {
  const { input, state } = run
  const place = { environment: state.environment, service: state.service }
  const stop = await stops(place).catch((): Refusal => ({ code: 'NO_ANSWER', text: 'nobody answers whether it may' }))
  if (!stop) return false
  refuseAll(run, [stop])
  await ask(place, 'giveBack', { id: input.id })
  return true
}

/** A trigger with a measurement of its own is believed only if that measures the same now. */
async function unconfirmed({ input, state }: Proposal): Promise<Refusal[]> {
  const { confirm } = input
  if (!confirm || state.refusals.length > 0) return []
  const { fires, evidence } = await measureOnce(input.run, confirm)
  if (fires === 'yes') return []
  if (fires === 'no') return [{ code: 'NOT_CONFIRMED', text: `measured now it is well: ${evidence}`.slice(0, 500) }]
  return [{ code: 'MONITORING_DOWN', text: `it can't be measured now: ${evidence}`.slice(0, 500) }]
}
