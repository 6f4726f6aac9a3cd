import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { parse } from 'yaml'
import type { Runbook } from '../../model/runbook/document.ts'
import { RunbookSettings } from '../../model/runbook/settings.ts'
import { carriedOut } from '../exchange/export/click.ts'
import { run } from '../exchange/export/run.ts'
import { Engine } from '../support/engine.ts'
import { type OpenApi, openApi } from './open.ts'
import { pathOf } from './request.ts'

let engine: Engine
let api: OpenApi
let folder: string
let address: string
const root = new URL('../../', import.meta.url)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unwind-github-'))
  engine = await Engine.start({ temporalAddress: inject('temporalAddress') })
  const runbooks = RunbookSettings.parse({ folder })
  const configuration = { ...engine.configuration, runbooks }
  api = openApi({
    address: inject('temporalAddress'),
    configuration,
    tokens: [{ text: 'secret', verbs: ['read', 'start'] }],
  })
  await api.app.listen({ port: 0, host: '127.0.0.1' })
  address = `http://127.0.0.1:${(api.app.server.address() as AddressInfo).port}`
})
afterAll(async () => {
  await api.close()
  await engine.stop()
  await rm(folder, { recursive: true, force: true })
})

/** A runbook of a service of its own, whose object is at v3. */
async function arranged(health: 'pass' | 'fail' | 'inconclusive' = 'pass') {
  const name = `shop-${randomUUID().slice(0, 8)}`
  const object = engine.system.put(name, 'v1', 'v2', 'v3')
  object.health = health
  const text = `apiVersion: unwind/v1
kind: Runbook
metadata: { name: ${name}, service: ${name} }
environments: { test: {} }
parameters: { release: { type: release, default: last-good } }
steps:
  - { id: app, kind: memory, object: ${name}${health === 'fail' ? ', onFailure: compensate' : ''} }
`
  await writeFile(join(folder, `${name}.yaml`), text)
  return { name, object, text }
}

/** What a runner gives an action: its inputs, and files for what it says. */
async function action(inputs: Record<string, string>) {
  const [output, summary] = ['output', 'summary'].map((name) => join(folder, `${randomUUID()}-${name}`)) as [
    string,
    string,
  ]
  await Promise.all([writeFile(output, ''), writeFile(summary, '')])
  const { runs, inputs: known } = parse(await readFile(new URL('action.yml', root), 'utf8')) as {
    runs: { main: string }
    inputs: Record<string, { default?: string }>
  }
  const defaults = Object.entries(known).map(([name, { default: value = '' }]) => [name, value])
  const all: Record<string, string> = {
    ...Object.fromEntries(defaults),
    url: address,
    token: 'secret',
    environment: 'test',
    ...inputs,
  }
  expect(Object.keys(all).filter((name) => !(name in known))).toEqual([])
  const env = {
    ...{
      PATH: process.env['PATH'],
      GITHUB_RUN_ID: randomUUID(),
      GITHUB_RUN_ATTEMPT: '1',
      GITHUB_JOB: 'back',
      GITHUB_ACTION: '__run',
    },
    ...{ GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: summary, UNWIND_POLL: '0.1' },
    ...Object.fromEntries(Object.entries(all).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
  }
  const ended = await run(process.execPath, [fileURLToPath(new URL(runs.main, root))], { env, cwd: folder })
  return { ...ended, output: await readFile(output, 'utf8'), summary: await readFile(summary, 'utf8') }
}

test('the action starts a rollback, tells it in log and summary as it goes, and passes once it recovered', async () => {
  const { name, object } = await arranged()
  const { code, stdout, output, summary } = await action({
    runbook: name,
    reason: '*slow*\n::error::no',
    parameters: '{"release": "v1"}',
  })
  expect([code, object.at]).toEqual([0, 'v1'])
  expect(stdout).not.toMatch(/^::/m)
  expect(output).toMatch(/^run=\S+\nurl=http\S+\noutcome=recovered\n$/)
  expect(summary).toContain(`### Rollback of ${name} in test`)
  for (const part of [
    /^- \d\d:\d\d:\d\d .*is applied/m,
    /^- \d\d:\d\d:\d\d Every step is applied and verified/m,
    /^# /m,
  ])
    expect(summary).toMatch(part)
})

test('the action fails, and says why, where the rollback ends otherwise or does not start', async () => {
  const { name, object } = await arranged('fail')
  const ended = await action({ runbook: name, reason: 'slow', parameters: '{"release": "v1"}' })
  expect([ended.code, object.at]).toEqual([1, 'v3'])
  expect(ended.stdout).toContain('::error::The rollback ended as compensated')
  expect(ended.output).toContain('outcome=compensated')
  const none = await action({ runbook: 'none', reason: 'slow' })
  expect([none.code, none.stdout]).toEqual([1, expect.stringMatching(/^::error::Unwind did not start it \(404\)/m)])
  const stranger = await action({ runbook: name, reason: 'slow', token: 'wrong' })
  expect([stranger.code, stranger.stdout]).toEqual([1, expect.stringMatching(/\(401\)/)])
  expect((await action({ runbook: name, reason: '' })).stdout).toContain('the input reason is missing')
})

test('the action is followed for its minutes only, and the rollback goes on', async () => {
  const { name } = await arranged('inconclusive')
  const { code, stdout, output } = await action({
    runbook: name,
    reason: 'slow',
    parameters: '{"release": "v1"}',
    minutes: '0.1',
  })
  expect([code, output]).toEqual([1, expect.stringMatching(/outcome=\n$/)])
  expect(stdout).toMatch(/::warning::It waits for a person \(parked\): http/)
  expect(stdout).toContain('it goes on after 0.1 minutes')
  const left = await api.call<{ phase: string }>('GET', pathOf(name), undefined, { authorization: 'Bearer secret' })
  expect(left.body.phase).toBe('parked')
})

test('the exported workflow carries a rollback out, streams it into the summary, and fails where it does not recover', async () => {
  const { name, object, text } = await arranged()
  const inputs = { environment: 'test', reason: 'slow', release: 'v1' }
  const good = await carriedOut(parse(text) as Runbook, { address, inputs })
  expect([good.ended.map(({ code }) => code), object.at]).toEqual([[0, 0, 0], 'v1'])
  expect(good.summary).toMatch(new RegExp(`^Rollback of ${name} in test: <http`))
  for (const part of [/^- ended: app done$/m, /^# /m]) expect(good.summary).toMatch(part)
  const other = await arranged('fail')
  const bad = await carriedOut(parse(other.text) as Runbook, { address, inputs })
  expect(bad.ended.map(({ code }) => code)).toEqual([0, 1, 0])
  expect(bad.ended[1]?.stdout).toContain('::error::The rollback ended as compensated')
})
