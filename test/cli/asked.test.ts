import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { CompiledRunbook } from '../../model/runbook/compiled.ts'
import { type OpenApi, openApi } from '../api/open.ts'
import { ended, reaches } from '../api/run.ts'
import { Engine } from '../support/engine.ts'
import { type Part, runbookInput } from '../support/runbook.ts'
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

async function begin(parts: Part[], runbook: Partial<CompiledRunbook> = {}): Promise<string> {
  const input = runbookInput(engine, parts, runbook)
  await engine.begin(input)
  return input.service
}

function type(command: string, service: string, ...more: string[]) {
  return unwind([command, service, ...more, '-e', 'test', '--url', url])
}

test('questions, a manual step and the checklist are answered from the command line, one after the other', async () => {
  const questions = [
    { id: 'ready', question: 'Is the shop closed?', onYes: { run: 'only' }, onNo: { stop: 'Close it first.' } },
  ]
  const checklist = [{ id: 'business', phase: 'after' as const, text: 'Confirm with the business', required: true }]
  const manual: Part = { role: 'manual', asked: { text: 'Warn the call centre' } }
  const service = await begin([manual], { questions, checklist })
  const watched = await type('watch', service)
  expect(watched.code).toBe(8)
  expect(watched.stderr).toContain(`unwind answer ${service} yes -e test`)
  expect(await type('answer', service, 'perhaps')).toMatchObject({ code: 2 })
  expect(await type('answer', service, 'yes', '--question', 'other')).toMatchObject({ code: 6 })
  const first = await type('answer', service, 'yes', '--note', 'since noon')
  expect(first).toMatchObject({ code: 8, stderr: expect.stringContaining('Warn the call centre') })
  const second = await type('answer', service, 'yes')
  expect(second).toMatchObject({ code: 8, stderr: expect.stringContaining(`unwind tick ${service} business -e test`) })
  expect(await type('tick', service, 'nothing')).toMatchObject({ code: 5 })
  expect(await type('tick', service, 'business')).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('Ticked: Confirm with the business'),
  })
  expect((await ended(api, service)).outcome).toBe('recovered')
  expect(await type('answer', service, 'yes')).toMatchObject({ code: 6 })
  expect((await type('get', service)).stdout).toContain('Is the shop closed? Yes (local)')
})

test('the glass is broken with an incident and a reason, and only by who says that it is meant', async () => {
  const approvals = [{ min: 1, groups: ['board'], self: false, expires: 60_000 }]
  const service = await begin([{ role: 'notify', asked: { text: 'Hello', channels: [] } }], { approvals })
  await reaches(api, service, 'awaiting-approval')
  expect(await type('break-glass', service, '--reason', 'down')).toMatchObject({ code: 2 })
  const meant = ['--incident', 'INC-7', '--reason', 'nobody of the board answers']
  expect(await type('break-glass', service, ...meant)).toMatchObject({ code: 2 })
  expect(await type('break-glass', service, ...meant, '--yes')).toMatchObject({ code: 0 })
  expect((await ended(api, service)).brokenGlass).toMatchObject({ incident: 'INC-7' })
})

test('a step in mid-run is approved, and a parked one is retried with a field put right', async () => {
  engine.system.put('cli', 'v1', 'v2', 'v3')
  const rule = { min: 1, groups: [], self: true, expires: 60_000 }
  const gate: Part = { role: 'approve', asked: { text: 'Move the traffic?', rule } }
  const service = await begin([{ object: 'cli' }, gate], { timeout: 1 })
  await reaches(api, service, 'parked')
  expect(await type('retry', service, '--set', 'to=')).toMatchObject({ code: 8 })
  const moved = await reaches(api, service, 'parked')
  expect(moved.steps[0]).toMatchObject({ corrected: { to: '' }, problem: { code: 'NO_ROLLBACK_TARGET' } })
  expect(await type('retry', service, '--set', 'to=v1')).toMatchObject({ code: 8 })
  expect(await type('approve', service, '--yes')).toMatchObject({ code: 0 })
  const asking = await type('watch', service)
  expect(asking.stderr).toContain('--step s2')
  expect(await type('approve', service, '--yes')).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('Approved step s2'),
  })
  expect((await ended(api, service)).outcome).toBe('recovered')
  expect(engine.system.get('cli').writes).toEqual(['v1'])
})
