import { describe, expect, test } from 'vitest'
import type { Conclusion } from '../../model/service/conclusion.ts'
import { whyNotDeploy } from '../../model/service/deploy.ts'
import { isVerified, lastGoodOf, ledgerOf, lostLines, named } from '../../model/service/facts.ts'
import { formsOf, sameImage, sameImages } from '../../model/service/images.ts'
import { conclude, recordRelease, type ReleaseRecord } from '../../model/service/ledger.ts'
import { openService, type ServiceState } from '../../model/service/state.ts'

const [D1, D2] = [`sha256:${'1'.repeat(64)}`, `sha256:${'2'.repeat(64)}`]

function opened(): ServiceState {
  return openService({ format: 1, service: 'checkout', environment: 'production' })
}

function record(state: ServiceState, version: string, rest: Partial<ReleaseRecord> = {}) {
  const number = Number(version.slice(1))
  const release = {
    version,
    images: [`shop/checkout:${version}`],
    migrations: [],
    configuration: {},
    deployedAt: number,
  }
  return recordRelease(state, { ...release, ...rest }, { at: number, by: 'ci' })
}

function ended(rest: Partial<Conclusion> = {}): Conclusion {
  const run = { runId: 'r', outcome: 'recovered', endedAt: 100, by: 'alice', reason: 'errors', moved: 1 }
  return { ...run, left: ['shop/checkout:v2'], reached: ['shop/checkout:v1'], ...rest }
}

describe('which images are the same', () => {
  test.each([
    ['shop/a:v1', 'shop/a:v1', true],
    ['shop/a:v1', 'shop/a:v2', false],
    [`shop/a:v1@${D1}`, `shop/a@${D1}`, true],
    [`shop/a:v1@${D1}`, `shop/a:v1@${D2}`, false],
    ['shop/a:v1', `shop/a:v1@${D1}`, true],
    ['shop/a:v1', `shop/a@${D1}`, false],
    ['nginx:1', 'docker.io/library/nginx:1', true],
    ['localhost:5000/a:1', 'localhost:5000/a:1', true],
    ['localhost:5000/a', 'localhost:5000/a', false],
    ['shop/a:v1', 'shop/b:v1', false],
  ])('%s and %s: %s', (one, other, same) => {
    expect(sameImage(one, other)).toBe(same)
    expect(sameImage(other, one)).toBe(same)
  })

  test('what runs beside is no difference, another version of one is', () => {
    expect(sameImages(['shop/a:v1', 'istio/proxy:9'], ['shop/a:v1', 'shop/worker:v1'])).toBe(true)
    expect(sameImages(['shop/a:v1', 'shop/worker:v2'], ['shop/a:v1', 'shop/worker:v1'])).toBe(false)
    expect(sameImages(['istio/proxy:9'], ['shop/a:v1'])).toBe(false)
    expect(sameImages([], [])).toBe(false)
  })

  test('an image is refused by each of its names', () => {
    expect(formsOf(`h:5000/a:v1@${D1}`)).toEqual([`h:5000/a:v1@${D1}`, 'h:5000/a:v1', `h:5000/a@${D1}`])
    expect(formsOf('a:v1')).toEqual(['a:v1'])
  })
})

describe('the ledger', () => {
  test('knows a deploy again, and tells a version that comes back as one of its own', () => {
    const state = opened()
    expect(record(state, 'v1').created).toBe(true)
    expect(record(state, 'v1', { deployedAt: 5 }).created).toBe(false)
    expect(record(state, 'v2').created).toBe(true)
    expect(record(state, 'v1').created).toBe(false)
    expect(record(state, 'v1', { deployedAt: 9 }).created).toBe(true)
    expect(state.releases.map(({ seq, version }) => [seq, version])).toEqual([
      [3, 'v1'],
      [2, 'v2'],
      [1, 'v1'],
    ])
  })

  test('takes a health check as proof, and a later one that fails as its end', () => {
    const state = opened()
    record(state, 'v1', { healthy: true })
    expect(isVerified(ledgerOf(state), ['shop/checkout:v1'])).toBe(true)
    record(state, 'v1', { healthy: false })
    expect(isVerified(ledgerOf(state), ['shop/checkout:v1'])).toBe(false)
  })

  test('a recovered run verifies, denies and locks; another end does nothing of it', () => {
    const state = opened()
    record(state, 'v1')
    record(state, 'v2')
    conclude(state, ended({ runId: 'a', outcome: 'aborted' }), 1)
    expect(state).toMatchObject({ denied: [], runs: [{ runId: 'a', left: 'v2', reached: 'v1' }] })
    expect(state.lock).toBeUndefined()
    conclude(state, ended(), 1)
    conclude(state, ended(), 1)
    expect(state.runs).toHaveLength(2)
    expect(state.lock?.reason).toBe('rolled back from v2 to v1: errors')
    const ledger = ledgerOf(state)
    expect(ledger.releases[0]).toMatchObject({ version: 'v1', verified: true, runId: 'r' })
    expect(lastGoodOf(ledger)).toBeUndefined()
    record(state, 'v3', { deployedAt: 200 })
    expect(lastGoodOf(ledgerOf(state))?.version).toBe('v1')
    conclude(
      state,
      ended({ runId: 'u', undoes: 'r', endedAt: 300, left: ['shop/checkout:v1'], reached: ['shop/checkout:v2'] }),
      1,
    )
    expect(state.denied).toEqual([])
    expect(state.releases[0]?.version).toBe('v2')
  })

  test('what was denied is never good, whatever has shown that it works', () => {
    const state = opened()
    record(state, 'v1', { healthy: true })
    record(state, 'v2', { healthy: true })
    record(state, 'v3')
    state.denied.push({ version: 'v2', images: ['shop/checkout:v2'], reason: 'slow', by: 'bob', at: 1 })
    expect(lastGoodOf(ledgerOf(state))?.version).toBe('v1')
    expect(isVerified(ledgerOf(state), ['shop/checkout:v2'])).toBe(false)
    expect(named(ledgerOf(state), 'v2')?.denied).toBe(true)
  })

  test('says what goes away between two releases', () => {
    const state = opened()
    record(state, 'v1')
    record(state, 'v2', { commit: 'abcdef0123456789', migrations: [{ name: 'm1' }] })
    record(state, 'v3', { migrations: [{ name: 'm2' }] })
    expect(lostLines(ledgerOf(state), ['shop/checkout:v3'], ['shop/checkout:v1'])).toEqual([
      'release v3',
      'what came with migration m2 of v3',
      'release v2 (commit abcdef012345)',
      'what came with migration m1 of v2',
    ])
    expect(lostLines(ledgerOf(state), ['shop/checkout:v9'], ['shop/checkout:v1'])).toEqual([])
  })

  test('stays within its bounds and keeps the present release and the last that is verified', () => {
    const state = opened()
    const migrations = Array.from({ length: 100 }, (_, n) => ({ name: `${n}`.padStart(200, 'm') }))
    record(state, 'v1', { healthy: true })
    for (let n = 2; n <= 60; n++) record(state, `v${n}`, { migrations })
    expect(JSON.stringify(state).length).toBeLessThanOrEqual(256 * 1024)
    expect(state.releases[0]?.version).toBe('v60')
    expect(state.releases.length).toBeGreaterThan(5)
    for (let n = 2; n <= 12; n++) record(state, `v${n}0${n}`)
    expect(state.releases.length).toBeLessThanOrEqual(50)
  })
})

test('a deploy is refused by a lock that stands, by a denial and while a rollback is being read', () => {
  const state = opened()
  expect(whyNotDeploy(state, { images: [] }, 10)).toEqual([])
  state.lock = { reason: 'look', by: 'bob', at: 1, until: 5 }
  expect(whyNotDeploy(state, { images: [] }, 10)).toEqual([])
  state.lock = { reason: 'look', by: 'bob', at: 1 }
  state.denied.push({ version: 'v2', images: [`shop/a@${D1}`], reason: 'slow', by: 'bob', at: 1 })
  state.concluding.push('r')
  const codes = (asked: Parameters<typeof whyNotDeploy>[1]) => whyNotDeploy(state, asked, 10).map(({ code }) => code)
  expect(codes({ version: 'v2', images: [] })).toEqual(['LOCKED', 'DENIED', 'ROLLBACK_CONCLUDING'])
  expect(codes({ images: [`shop/a:v9@${D1}`] })).toContain('DENIED')
  expect(codes({ version: 'v3', images: [`shop/a@${D2}`] })).toEqual(['LOCKED', 'ROLLBACK_CONCLUDING'])
})
