import { afterAll, beforeAll, expect, it } from 'vitest'
import { vaultKv } from '../../activities/targets/vault-kv/index.ts'
import type { CallContext, Target } from '../../model/target.ts'
import { applied, contextFor, errorOf, planOf } from '../support/conformance-drive.ts'
import { describeTarget } from '../support/conformance-suite.ts'
import { openVault, type VaultLab, vaultFixture } from './vault-fixture.ts'

const target = vaultKv as unknown as Target
let lab: VaultLab
beforeAll(async () => {
  lab = await openVault()
}, 1_800_000)
afterAll(() => lab.close())

describeTarget('vault-kv, against Vault,', async () => vaultFixture(lab))

const plan = (path: string, more: object = {}, context: Partial<CallContext> = {}) =>
  planOf(target, lab.step(path, more), contextFor(lab.connection, context))

it('shows which keys change, and undo brings back exactly what was left', async () => {
  const path = await lab.secret({ key: 'old', gone: 1, same: true }, { key: 'bad', added: { a: 1 }, same: true })
  const made = await plan(path)
  expect(made.changes).toEqual([
    { path: 'added', from: '(hidden)' },
    { path: 'gone', to: '(hidden)' },
    { path: 'key', from: '(hidden)', to: '(hidden, another value)' },
  ])
  await applied(target, lab.step(path), made, contextFor(lab.connection))
  expect(await lab.read(path)).toEqual({ data: { key: 'old', gone: 1, same: true }, version: 3 })
  const undo = await plan(path, {}, { towards: made.from })
  await applied(target, lab.step(path), undo, contextFor(lab.connection))
  expect(await lab.read(path)).toEqual({ data: { key: 'bad', added: { a: 1 }, same: true }, version: 4 })
})

it('versions that were deleted or destroyed are passed over, and named so', async () => {
  const path = await lab.secret({ key: 'one' }, { key: 'two' }, { key: 'three' }, { key: 'four' })
  await lab.call('POST', `secret/delete/${path}`, { versions: [3] })
  await lab.call('POST', `secret/destroy/${path}`, { versions: [2] })
  expect((await plan(path)).to).toMatchObject({ version: 1 })
  const error = await errorOf(() => plan(path, { to: 2 }))
  expect([error.code, error.message]).toEqual([
    'NO_ROLLBACK_TARGET',
    expect.stringContaining('3 (deleted), 2 (destroyed)'),
  ])
})

it('a present version that was deleted is refused, and what is not there is not found', async () => {
  const path = await lab.secret({ key: 'one' }, { key: 'two' })
  await lab.call('DELETE', `secret/data/${path}`)
  expect((await errorOf(() => plan(path))).code).toBe('TARGET_REJECTED')
  expect((await errorOf(() => plan('shop/never'))).code).toBe('TARGET_NOT_FOUND')
})
