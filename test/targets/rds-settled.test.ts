import { expect, test } from 'vitest'
import type { Aws } from '../../activities/aws/connect.ts'
import { heldInstance } from '../../activities/aws/held.ts'
import { unsettled } from '../../activities/aws/settled.ts'

const POLL = 20_000

/** One look at an instance in that state; the pause until the next one, or undefined where it is at rest. */
function looker() {
  const aws = { poll: POLL, looks: new Map() } as Partial<Aws> as Aws
  return (status: string, pending = {}) =>
    unsettled(
      aws,
      heldInstance({
        ...{ DbiResourceId: 'db-1', DBInstanceIdentifier: 'shop', DBInstanceStatus: status },
        ...{ Endpoint: { Address: 'shop.example' }, PendingModifiedValues: pending },
      }),
      'shop',
    )?.again
}

test('a new state is looked at soon, then ever later, and never later than the poll', () => {
  const look = looker()
  const pauses = Array.from({ length: 20 }, () => look('modifying') ?? 0)
  expect(pauses[0]).toBe(POLL / 4)
  expect(pauses).toEqual(pauses.toSorted((one, other) => one - other))
  expect(new Set(pauses.slice(12))).toEqual(new Set([POLL]))
  expect(look('rebooting')).toBe(POLL / 4)
})

test('at rest is what was seen so three times in a row, whatever came between counts anew', () => {
  const look = looker()
  expect([look('available'), look('available')]).toEqual([POLL / 4, POLL / 4])
  expect(look('backing-up')).toBe(POLL / 4)
  expect([look('available'), look('available')]).toEqual([POLL / 4, POLL / 4])
  expect(look('available', { DBInstanceClass: 'db.t3.large' })).toBe(POLL / 4)
  expect([look('available'), look('available'), look('available')]).toEqual([POLL / 4, POLL / 4, undefined])
})
