import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonical } from '../../model/canonical.ts'
import { milliseconds, readable } from '../../model/duration.ts'
import { rollbackId, parseRollbackId } from '../../model/ids.ts'

describe('canonical JSON', () => {
  test('reads back as what was written', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonical(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  test('does not depend on the order in which keys were set', () => {
    const entries = fc.uniqueArray(fc.tuple(fc.string(), fc.jsonValue()), { selector: ([key]) => key })
    fc.assert(
      fc.property(entries, (list) => {
        const there = Object.fromEntries(list)
        const back = Object.fromEntries(list.toReversed())
        expect(canonical(there)).toBe(canonical(back))
      }),
    )
  })

  test('leaves out what is undefined, and keeps null', () => {
    expect(canonical({ b: undefined, a: null, c: [undefined] })).toBe('{"a":null,"c":[null]}')
  })
})

describe('durations', () => {
  test.each([
    ['500ms', 500],
    ['10s', 10_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['7d', 604_800_000],
  ])('%s is %i ms', (text, ms) => expect(milliseconds(text)).toBe(ms))

  test('anything else is not a duration', () => {
    for (const text of ['', '10', '1.5s', '-1s', '1 s', '1w', '9999999s']) expect(milliseconds(text)).toBeNaN()
  })

  test.each([
    [820, '820 ms'],
    [4_210, '4.2 s'],
    [185_000, '3 min 5 s'],
    [7_800_000, '2 h 10 min'],
    [3_600_000, '1 h'],
  ])('%i ms reads as %s', (ms, text) => expect(readable(ms)).toBe(text))
})

test('a rollback’s workflow id leads back to its environment and service', () => {
  expect(parseRollbackId(rollbackId('production', 'checkout'))).toEqual({
    environment: 'production',
    service: 'checkout',
  })
  for (const id of ['lock/a/b', 'rollback/a', 'rollback/a/b/c', '']) expect(parseRollbackId(id)).toBeUndefined()
})
