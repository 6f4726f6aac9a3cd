import type { Entry, ReleaseRecord } from './records.ts'

/** A record may have a megabyte, so few are kept: characters of all of them as they are stored. */
const MOST = 4 * 1024 * 1024
const COUNT = 32

const recent = new Map<string, ReleaseRecord>()

/** The record as it was read lately. Helm, as everybody, changes none without giving it another resourceVersion. */
export function recall(entry: Entry): ReleaseRecord | undefined {
  return recent.get(keyOf(entry))
}

/** The same record as it was read at any time, for which the API server need not ask anybody. */
export function seen(uid: string): ReleaseRecord | undefined {
  return [...recent.values()].findLast((record) => record.uid === uid)
}

/** Keeps a record for the next looks at it, in place of the oldest ones. */
export function remember(record: ReleaseRecord): ReleaseRecord {
  recent.set(keyOf(record), record)
  let size = [...recent.values()].reduce((sum, { stored }) => sum + stored.length, 0)
  for (const [key, { stored }] of recent) {
    if (recent.size <= COUNT && size <= MOST) break
    recent.delete(key)
    size -= stored.length
  }
  return record
}

function keyOf({ uid, resourceVersion }: Entry): string {
  return `${uid}/${resourceVersion}`
}
