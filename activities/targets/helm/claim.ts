import { randomUUID } from 'node:crypto'
import { HOST } from './host.ts'
import { CLAIM, type Entry, patchRecord, type Release, type Shelf } from './records.ts'

/**
 * Whose helm is at work from a revision on. It stands on the record that the move begins at before helm is started, so that
 * whoever finds a rollback broken off can tell where its process is to be looked for, and when it has ended at the latest.
 */
export interface Claim {
  /** The rollback, whose own attempts alone may end its helm. */
  run: string
  host: string
  /** In the environment of the process. */
  mark: string
  /** By the API server's clock, epoch milliseconds. */
  until: number
}

/** Clocks drift, and processes take a moment to die. Milliseconds. */
const MARGIN = 10_000

/**
 * For a helm that takes so long at most, in milliseconds from now. Only as the record was read: whoever has written to it since
 * has the release. Then the answer is undefined.
 */
export async function claim(
  shelf: Shelf,
  base: Entry,
  { run, now, within }: { run: string; now: number; within: number },
): Promise<Claim | undefined> {
  const made = { run, host: HOST ?? 'unknown', mark: randomUUID(), until: now + within + MARGIN }
  const { resourceVersion } = base
  const metadata = { resourceVersion, annotations: { [CLAIM]: JSON.stringify(made) } }
  return (await patchRecord(shelf, base.key, { metadata })) ? made : undefined
}

/** Takes a claim back whose helm has ended. Where somebody else has claimed the release meanwhile, theirs stays. */
export async function unclaim(shelf: Shelf, { key }: Entry, made: Claim): Promise<void> {
  const path = `/metadata/annotations/${CLAIM.replaceAll('/', '~1')}`
  const same = { op: 'test', path, value: JSON.stringify(made) }
  await patchRecord(shelf, key, [same, { op: 'remove', path }])
}

/** The claim of a helm that may be at work now: on the last record, or on the one that a pending rollback lies on. */
export function claimOn({ entries: [last, before] }: Pick<Release, 'entries'>): Claim | undefined {
  const own = last && parsed(last)
  return own ?? (before && last?.status === 'pending-rollback' ? parsed(before) : undefined)
}

/** Whether the release is still claimed by this one. */
export function isClaimed({ entries }: Pick<Release, 'entries'>, base: Entry, { mark }: Claim): boolean {
  const entry = entries.find(({ uid }) => uid === base.uid)
  return entry !== undefined && parsed(entry)?.mark === mark
}

function parsed({ claim: text }: Entry): Claim | undefined {
  if (text === undefined) return undefined
  try {
    const { run, host, mark, until } = JSON.parse(text) as Partial<Claim>
    if (typeof run !== 'string' || typeof host !== 'string') return undefined
    return typeof mark === 'string' && typeof until === 'number' ? { run, host, mark, until } : undefined
  } catch {
    return undefined
  }
}
