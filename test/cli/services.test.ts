import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type OpenApi, openApi } from '../api/open.ts'
import { Engine } from '../support/engine.ts'
import { alerted, deployed, stands } from '../support/episodes.ts'
import { unwind } from './unwind.ts'

let engine: Engine
let api: OpenApi
let url: string
beforeAll(async () => {
  const address = inject('temporalAddress')
  engine = await Engine.start({ temporalAddress: address })
  api = openApi({ address, configuration: engine.configuration })
  url = await api.app.listen({ host: '127.0.0.1', port: 0 })
})
afterAll(async () => {
  await api.close()
  await engine.stop()
})

function type(...args: string[]) {
  return unwind([...args, '--url', url])
}

test('CI records a release, asks whether it may deploy, and is told no by its exit code', async () => {
  const service = `test/s-${randomUUID()}`
  const release = [
    '--release-version',
    'v1',
    '--image',
    'shop/a:v1,shop/b:v1',
    '--migration',
    'm1=sha256:abcd',
    '--commit',
    'abcdef0',
  ]
  expect(await type('release', 'record', service, ...release)).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('is recorded, not verified'),
  })
  expect(await type('release', 'record', service, ...release, '--healthy')).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('was recorded already, verified'),
  })
  const listed = await type('release', 'list', service, '-o', 'json')
  expect(JSON.parse(listed.stdout)).toMatchObject({
    releases: [
      { version: 'v1', images: ['shop/a:v1', 'shop/b:v1'], migrations: [{ name: 'm1', hash: 'sha256:abcd' }] },
    ],
  })
  expect((await type('release', 'list', service)).stdout).toContain('verified by health-check')
  expect(await type('may-deploy', service)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('may be deployed'),
  })
  expect(await type('deny', service, 'v1', '-r', 'loses orders')).toMatchObject({ code: 0 })
  expect(await type('may-deploy', service, '--image', 'shop/b:v1')).toMatchObject({
    code: 3,
    stdout: expect.stringContaining('No: DENIED: v1 is denied by local: loses orders'),
  })
  expect(await type('lock', service, '-r', 'we look')).toMatchObject({ code: 0 })
  expect((await type('may-deploy', service, '--release-version', 'v9')).stdout).toContain('LOCKED')
  expect(await type('unlock', service, '-r', 'fine', '--allow', 'v1')).toMatchObject({ code: 0 })
  expect(await type('may-deploy', service, '--release-version', 'v1')).toMatchObject({ code: 0 })
  expect(await type('release', 'record', service, '--release-version', 'v2', '--configuration', 'app')).toMatchObject({
    code: 2,
  })
  expect(await unwind(['may-deploy', service, '--url', 'http://127.0.0.1:1'])).toMatchObject({ code: 7 })
})

test('a proposal is shown, accepted with the digest that was shown, and refused', async () => {
  const run = await deployed(engine, `o-${randomUUID()}`)
  const service = `${run.environment}/${run.service}`
  const handle = await alerted(engine, run, 'propose')
  const { id, planned } = await stands(handle, 'proposed')
  expect((await type('proposal', 'get', service, id)).stdout).toContain(`Plan ${planned?.digest}`)
  expect(await type('proposal', 'accept', service, id, '--digest', '00000000')).toMatchObject({ code: 2 })
  expect(await type('proposal', 'accept', service, id, '--digest', planned?.digest.slice(0, 8) ?? '')).toMatchObject({
    code: 0,
  })
  expect(await handle.result()).toMatchObject({ outcome: 'started', accepted: { by: 'local' } })
  expect(await type('proposal', 'refuse', service, id)).toMatchObject({ code: 5 })
})

test('the kill switch of a service is pulled, shown and let go', async () => {
  const run = await deployed(engine, `o-${randomUUID()}`)
  const where = ['-e', run.environment]
  expect(await type('automation', 'stop', ...where, '--service', run.service, '-r', 'we look')).toMatchObject({
    code: 0,
  })
  expect(await type('automation', 'stop', ...where, '-r', 'all of it')).toMatchObject({ code: 0 })
  expect((await type('automation', ...where)).stdout).toContain('Stopped by local: all of it')
  expect(await type('automation', 'go', ...where, '-r', 'done')).toMatchObject({ code: 0 })
  expect((await type('automation', ...where)).stdout).toContain('Not stopped')
})
