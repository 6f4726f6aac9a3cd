import type { Configuration } from '../model/configuration.ts'
import { ask, listAt, textAt } from './ask.ts'
import { readSecret } from './secret.ts'

/** PagerDuty is asked while a message waits for its proof: no answer within so long is a no. Milliseconds. */
const LIMIT = 3_000

/**
 * The groups of who is on call that a person belongs to just now: `pagerduty:<channel>` for each channel with a schedule. A
 * person is known there by the e-mail address, which is the subject. Never throws: whom PagerDuty does not name is in none.
 * https://developer.pagerduty.com/api-reference/list-all-of-the-on-calls
 */
export async function onCallGroups({ channels = {}, worker }: Configuration, subject: string): Promise<string[]> {
  const found = await Promise.all(
    Object.entries(channels).map(async ([name, channel]) => {
      if (channel.kind !== 'pagerduty' || channel.schedule === undefined) return []
      const token = worker.channels[name]?.token
      const people = await onCall(channel.api, channel.schedule, () =>
        readSecret(token, `worker.channels.${name}.token`),
      )
      return people.includes(subject.toLowerCase()) ? [`pagerduty:${name}`] : []
    }),
  )
  return found.flat()
}

async function onCall(origin: string, schedule: string, token: () => Promise<string>): Promise<string[]> {
  try {
    const query = new URLSearchParams({ 'schedule_ids[]': schedule, 'include[]': 'users', limit: '100' })
    const headers = {
      authorization: `Token token=${await token()}`,
      accept: 'application/vnd.pagerduty+json;version=2',
    }
    const asked = { who: 'PagerDuty', origin, path: `/oncalls?${query.toString()}`, headers }
    const { json } = await ask({ ...asked, signal: AbortSignal.timeout(LIMIT) })
    return listAt(json, 'oncalls').flatMap((each) => textAt(each, 'user', 'email')?.toLowerCase() ?? [])
  } catch {
    return []
  }
}
