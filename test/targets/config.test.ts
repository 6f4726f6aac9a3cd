import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Ledger } from '../../model/service/facts.ts'
import type { CallContext, Plan } from '../../model/target.ts'
import { applied, contextFor, errorOf, planOf, verified } from '../support/conformance-drive.ts'
import { configHands, target } from './config-fixture.ts'
import { type Lab, openLab } from './kubernetes-lab.ts'

let lab: Lab
let hands: ReturnType<typeof configHands>
beforeAll(async () => {
  lab = await openLab(inject('kubeconfig'))
  hands = configHands(lab, 'secret')
})
afterAll(() => lab.close())

const context = (more: Partial<CallContext> = {}) => contextFor(lab.connection, more)
const plan = (name: string, more: object = {}, about: Partial<CallContext> = {}): Promise<Plan> =>
  planOf(target, hands.step(name, more), context(about))
const codes = ({ warnings }: Plan) => warnings.map(({ code }) => code)

function ledgerOf(...versions: [string, boolean][]): () => Promise<Ledger> {
  const about = { images: [], migrations: [], denied: false }
  const releases = versions.map(([version, verified], at) => ({ ...about, version, verified, deployedAt: -at }))
  return async () => ({ releases })
}

describe('which content is gone back to', () => {
  it('the copy of the last good release, or a guess that has to be confirmed', async () => {
    for (const release of ['v1', 'v2', 'v3']) await hands.keep('good', release, { key: release })
    await hands.put('good', { key: 'v3' })
    const ledger = ledgerOf(['v3', false], ['v2', false], ['v1', true])
    const sure = await plan('good', { to: 'last-good' }, { ledger })
    expect([sure.to['copy'], sure.release, codes(sure)]).toEqual(['good.v1', 'v1', []])
    const guess = await plan('good', { to: 'last-good' })
    expect(codes(guess)).toEqual(['UNVERIFIED_TARGET'])
    expect((await plan('good', { to: 'v2' })).to['copy']).toBe('good.v2')
    expect(codes(await plan('good', { to: 'v3' }))).toEqual(['ALREADY_THERE'])
  })

  it('what nobody has kept can not be known, and the refusal says what can be done', async () => {
    await hands.put('forgotten', { key: 'only' })
    const error = await errorOf(() => plan('forgotten'))
    expect(error.code).toBe('NO_ROLLBACK_TARGET')
    for (const words of ['Kubernetes keeps no earlier content', 'docs/guide/config.md', 'kind helm'])
      expect(error.message).toContain(words)
  })

  it('a copy that can be changed, or was made anew, is none', async () => {
    await hands.put('loose', { key: 'now' })
    const annotations = { 'unwind.dev/copy-of': 'loose' }
    await hands.put('loose.v1', { key: 'old' }, { labels: { 'unwind.dev/copy': 'true' }, annotations })
    expect((await errorOf(() => plan('loose'))).code).toBe('NO_ROLLBACK_TARGET')
    await hands.keep('loose', 'v2', { key: 'old' })
    const made = await plan('loose')
    await hands.remove('loose.v2')
    await hands.keep('loose', 'v2', { key: 'something else' })
    const error = await errorOf(async () => applied(target, hands.step('loose'), made, context()))
    expect(error.code).toBe('NO_ROLLBACK_TARGET')
    expect((await hands.read('loose')).data?.['key']).toBe(Buffer.from('now').toString('base64'))
  })

  it('an immutable object never had another content', async () => {
    await hands.keep('frozen', 'v1', { key: 'old' })
    await hands.put('frozen', { key: 'now' })
    await hands.patch('frozen', { immutable: true })
    const error = await errorOf(() => plan('frozen'))
    expect([error.code, error.message]).toEqual(['TARGET_REJECTED', expect.stringContaining('is immutable')])
  })
})

describe('what is kept of what is overwritten', () => {
  it('an immutable copy beside it, by which an undo in a later run brings back exactly what was left', async () => {
    await hands.keep('undo', 'v1', { key: 'old', gone: 'once' })
    await hands.put('undo', { key: 'bad' })
    const left = (await hands.read('undo')).data
    const made = await plan('undo')
    expect(made.changes).toEqual([
      { path: 'data.gone', to: '(hidden)' },
      { path: 'data.key', from: '(hidden)', to: '(hidden, another value)' },
    ])
    await applied(target, hands.step('undo'), made, context())
    const kept = await hands.read(String(made.from['copy']))
    expect(kept).toMatchObject({ immutable: true, data: left })
    const back = await plan('undo', {}, { towards: made.from })
    const state = await applied(target, hands.step('undo'), back, context())
    expect((await hands.read('undo')).data).toEqual(left)
    expect((await verified(target, hands.step('undo'), state, context())).status).toBe('pass')
    const again = await plan('undo', { to: 'previous' })
    expect(again.from['copy']).toBe(made.from['copy'])
    expect(codes(await plan('undo', { to: String(made.from['copy']) }))).toContain('ALREADY_THERE')
  })

  it('nothing of the content is in the states, not even a hash that a short password could be guessed from', async () => {
    await hands.keep('short', 'v1', { pin: '1234' })
    await hands.put('short', { pin: '9876' })
    const first = await plan('short')
    await hands.remove('short')
    await hands.put('short', { pin: '9876' })
    const second = await plan('short')
    expect(second.from['copy']).not.toBe(first.from['copy'])
  })
})
