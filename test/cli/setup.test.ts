import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Connection } from '@temporalio/client'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { SEARCH_ATTRIBUTES } from '../../model/ids.ts'
import { findBinary } from '../../tools/find.ts'
import { run } from '../../tools/run.ts'
import { unwind } from './unwind.ts'

const namespace = `bare-${randomUUID().slice(0, 8)}`
let folder: string
let connection: Connection

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unwind-setup-'))
  connection = await Connection.connect({ address: inject('temporalAddress') })
  const address = inject('temporalAddress')
  await run(await findBinary('temporal'), ['operator', 'namespace', 'create', '-n', namespace, '--address', address])
})

afterAll(async () => {
  await connection.close()
  await rm(folder, { recursive: true, force: true })
})

function setup(...args: string[]) {
  const env = { TEMPORAL_ADDRESS: inject('temporalAddress'), TEMPORAL_NAMESPACE: namespace, UNWIND_STATE: folder }
  return unwind(['setup', ...args], { cwd: folder, env })
}

test('setup registers the search attributes and makes keys; a second time it keeps both', async () => {
  expect(await setup()).toMatchObject({ code: 0, stderr: expect.stringContaining('registered UnwindService') })
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace })
  expect(Object.keys(customAttributes ?? {})).toEqual(expect.arrayContaining([...SEARCH_ATTRIBUTES]))
  const key = await readFile(join(folder, 'keys/signing.pem'), 'utf8')
  expect(await setup()).toMatchObject({ code: 0, stderr: expect.stringContaining('all search attributes are there') })
  expect(await readFile(join(folder, 'keys/signing.pem'), 'utf8')).toBe(key)
})

test('setup --keys needs no Temporal', async () => {
  const env = { TEMPORAL_ADDRESS: '127.0.0.1:1' }
  expect(await unwind(['setup', '--keys', '--folder', 'here'], { cwd: folder, env })).toMatchObject({ code: 0 })
  expect(await readFile(join(folder, 'here/verify.pem'), 'utf8')).toContain('PUBLIC KEY')
})

test('setup without a Temporal says where it looked', async () => {
  const env = { TEMPORAL_ADDRESS: '127.0.0.1:1', UNWIND_STATE: folder }
  const { code, stderr } = await unwind(['setup'], { cwd: folder, env })
  expect({ code, stderr }).toEqual({
    code: 7,
    stderr: expect.stringContaining('Temporal at 127.0.0.1:1 does not answer'),
  })
})
