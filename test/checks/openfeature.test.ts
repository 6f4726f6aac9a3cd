import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openFeature } from '../../activities/checks/openfeature/index.ts'
import { OpenFeatureMeasurement, openFeatureKind } from '../../activities/checks/openfeature/schema.ts'
import { Connection } from '../../model/configuration.ts'
import type { Credentials } from '../../model/connections/credentials.ts'
import type { OpenFeatureConnection } from '../../model/connections/openfeature.ts'
import type { Fault } from '../doubles/double.ts'
import { type Evaluated, type Ofrep, startOfrep } from '../doubles/vendors/ofrep.ts'

let provider: Ofrep
let folder: string
let credentials: Credentials
beforeAll(async () => {
  provider = await startOfrep()
  folder = await mkdtemp(join(tmpdir(), 'unwind-ofrep-'))
  credentials = { tokenFile: join(folder, 'token') }
  await writeFile(join(folder, 'token'), 'of-a-test\n')
})
afterAll(async () => {
  await provider.close()
  await rm(folder, { recursive: true })
})
beforeEach(() => {
  provider.fault = undefined
  provider.violations.splice(0)
  provider.tokens.splice(0)
})

/** One measurement of the flag `new-checkout`, which has to be off. */
async function ask(fields: object = {}, entry: object = {}) {
  const connection = Connection.parse({
    ...{ kind: 'openfeature', environment: 'test', origin: provider.url, private: true },
    ...entry,
  }) as OpenFeatureConnection
  const measurement = OpenFeatureMeasurement.parse({ openfeature: 'new-checkout', is: false, ...fields })
  const verdict = await openFeature.measure(measurement, {
    ...{ service: 'shop', environment: 'test', signal: new AbortController().signal },
    connection: { name: 'flags', entry: connection, credentials },
  })
  expect(provider.violations).toEqual([])
  return verdict
}

const gives = (evaluated: Evaluated) => {
  provider.evaluate = () => evaluated
}

describe('a value that the provider has decided', () => {
  test.each([
    [{ value: false, reason: 'STATIC' }, {}, 'pass', 'new-checkout: false (STATIC)'],
    [{ value: false, reason: 'DISABLED', variant: 'off' }, {}, 'pass', 'new-checkout: false (DISABLED, variant off)'],
    [{ value: false, reason: 'DEFAULT' }, {}, 'pass', 'new-checkout: false (DEFAULT)'],
    [{ value: true, reason: 'SPLIT' }, {}, 'fail', 'new-checkout: true (SPLIT), wanted false'],
    [{ value: 'blue', reason: 'STATIC' }, { is: 'blue' }, 'pass', 'new-checkout: "blue" (STATIC)'],
    [{ value: 3, reason: 'STATIC' }, { is: 3 }, 'pass', 'new-checkout: 3 (STATIC)'],
    [{ value: 'false', reason: 'STATIC' }, {}, 'fail', 'new-checkout: "false" (STATIC), wanted false'],
    [{ value: {}, reason: 'STATIC' }, {}, 'fail', 'new-checkout: an object (STATIC), wanted false'],
  ])('%j with %j is a %s', async (evaluated, fields, status, summary) => {
    gives(evaluated)
    expect(await ask(fields)).toMatchObject({ status, evidence: { summary } })
  })

  test('has to be so in every context, and the worst one is told', async () => {
    provider.evaluate = (_, { country }) => ({ value: country === 'ch', reason: 'TARGETING_MATCH' })
    const contexts = [
      { targetingKey: 'a', country: 'de' },
      { targetingKey: 'b', country: 'ch' },
    ]
    const summary = 'new-checkout: true (TARGETING_MATCH) for b, wanted false'
    const verdict = await ask({ contexts })
    expect(verdict).toMatchObject({ status: 'fail', evidence: { summary } })
    expect(verdict.evidence.facts?.['evaluations']).toEqual([
      { context: 'a', value: 'false', reason: 'TARGETING_MATCH' },
      { context: 'b', value: 'true', reason: 'TARGETING_MATCH' },
    ])
    const all = 'new-checkout: false (TARGETING_MATCH) in all 2 contexts'
    const quiet = contexts.map((context) => ({ ...context, country: 'de' }))
    expect(await ask({ contexts: quiet })).toMatchObject({ status: 'pass', evidence: { summary: all } })
  })
})

describe('what proves nothing is inconclusive, whatever is wanted', () => {
  const CASES: [string, Evaluated, string][] = [
    ['a stale value', { value: false, reason: 'STALE' }, 'which proves nothing'],
    ['a cached value', { value: false, reason: 'CACHED' }, 'which proves nothing'],
    ['a value without a reason', { value: false }, 'false (UNKNOWN), which proves nothing'],
    ['an error', { value: false, reason: 'ERROR' }, 'which proves nothing'],
    ['no value', { reason: 'DEFAULT' }, 'the provider leaves it to the default in the code (DEFAULT)'],
    ['no such flag', { status: 404, errorCode: 'FLAG_NOT_FOUND' }, 'the provider knows no such flag'],
    ['a failure', { status: 400, errorCode: 'GENERAL', errorDetails: 'out\nof order' }, 'GENERAL: out of order'],
    ['another flag', { key: 'other', value: false, reason: 'STATIC' }, 'the answer is about other'],
  ]
  test.each(CASES)('%s', async (_what, evaluated, words) => {
    gives(evaluated)
    for (const is of [false, true])
      expect(await ask({ is })).toMatchObject({
        status: 'inconclusive',
        evidence: { summary: expect.stringContaining(words) },
      })
  })
})

describe('what could not be measured is no verdict', () => {
  test.each([
    ['500', { status: 500 }, 'TARGET_UNREACHABLE'],
    ['429', { status: 429 }, 'TARGET_UNREACHABLE'],
    ['403', { status: 403 }, 'TARGET_FORBIDDEN'],
    ['404 of something else', { status: 404 }, 'CONFIGURATION_INVALID'],
    ['garbage', { garbage: true }, 'TARGET_UNREACHABLE'],
    ['a connection that is cut', { hangUp: true }, 'TARGET_UNREACHABLE'],
  ] satisfies [string, Fault, string][])('%s', async (_what, fault, code) => {
    provider.fault = fault
    await expect(ask()).rejects.toMatchObject({ code, message: expect.not.stringMatching(/as asked|of-a-test/) })
  })

  test('a provider that is away can’t look like success, whatever is wanted', async () => {
    for (const is of [true, false, 'off', 0]) {
      const away = ask({ is }, { origin: 'http://127.0.0.1:1' })
      await expect(away).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE' })
    }
  })

  test('a context that its rules can’t go by says what to write', async () => {
    gives({ status: 400, errorCode: 'TARGETING_KEY_MISSING' })
    const message = expect.stringContaining('write contexts that its rules can go by')
    await expect(ask({ contexts: [{ plan: 'free' }] })).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message,
    })
  })
})

test('the token is sent as the connection says', async () => {
  gives({ value: false, reason: 'STATIC' })
  await ask()
  await ask({}, { token: 'api-key' })
  expect(provider.tokens).toEqual(['Bearer of-a-test', 'of-a-test'])
})

test('the title says what is wanted, and keys that are none are refused', () => {
  const read = (fields: object) => OpenFeatureMeasurement.safeParse({ openfeature: 'a', is: true, ...fields })
  expect(openFeatureKind.title(OpenFeatureMeasurement.parse({ openfeature: 'a', is: 'blue' }))).toBe('flag a is "blue"')
  expect(read({ openfeature: '../a' }).success).toBe(false)
  expect(read({ is: undefined }).success).toBe(false)
  expect(read({ contexts: [] }).success).toBe(false)
})
