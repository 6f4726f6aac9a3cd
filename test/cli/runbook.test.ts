import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { ListedRunbooks, Planned, Rollback } from '../../cli/calls.ts'
import { type Ground, openGround } from './ground.ts'
import { type Done, unwind } from './unwind.ts'

const CHECKOUT = `apiVersion: unwind/v1
kind: Runbook
metadata: { name: checkout, service: checkout, owner: team-payments }
environments:
  production: {}
parameters:
  release: { type: release, default: previous }
decision:
  - id: linked
    question: Is the problem linked to the last deployment?
    evidence: alert.startsAt - release.deployedAt < duration("30m")
    onYes: { run: back }
    onNo: { stop: Investigate other causes. }
procedures:
  back:
    - { id: app, kind: kubernetes, workload: deployment/checkout, soak: 0s }
    - { id: healthy, kind: check, every: 1s, within: 1m, consecutive: 2, all: [{ pods: healthy, of: app }] }
`

let folder: string
let ground: Ground
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unwind-books-'))
  await writeFile(join(folder, 'checkout.yaml'), CHECKOUT)
  const more = `runbooks: { folder: '${folder}' }\n`
  ground = await openGround(inject('kubeconfig'), inject('temporalAddress'), 'cli-runbook', more)
  await ground.deploy('v2')
})
afterAll(async () => {
  await ground?.close()
  await rm(folder, { recursive: true, force: true })
})

const run = (...args: string[]): Promise<Done> => unwind(args, ground)
const asked = ['--runbook', 'checkout', '-e', 'production']

test('runbooks are listed and printed as the API reads them; broken files are told', async () => {
  await writeFile(join(folder, 'broken.yaml'), 'kind: Runbok\n')
  const listed = await run('runbook', 'list')
  expect(listed.stdout).toMatch(/^NAME .*\ncheckout +checkout +production +team-payments +no\s*$/)
  expect(listed.stderr).toContain('broken.yaml:1:1: kind: must be Runbook')
  await rm(join(folder, 'broken.yaml'))
  const { runbooks } = JSON.parse((await run('runbook', 'list', '-o', 'json')).stdout) as ListedRunbooks
  const printed = await run('runbook', 'get', 'checkout')
  expect(printed.stderr).toContain(
    `Revision ${runbooks[0]?.revision}, not reviewed, from ${join(folder, 'checkout.yaml')}`,
  )
  const again = join(folder, '.again.yaml')
  await writeFile(again, printed.stdout)
  expect((await run('runbook', 'lint', again)).code).toBe(0)
  expect(await run('runbook', 'get', 'chekout')).toMatchObject({
    code: 5,
    stderr: expect.stringContaining('did you mean checkout?'),
  })
})

test('a plan tells the question that is open, and goes on with an answer; nothing is changed', async () => {
  const open = await run('plan', ...asked)
  expect(open.stdout).toContain('A person has to answer: Is the problem linked to the last deployment?')
  expect(open.stderr).toContain('--answer linked=yes')
  const stopped = await run('plan', ...asked, '--answer', 'linked=no')
  expect(stopped.stdout).toContain('Nothing is rolled back: Investigate other causes.')
  const { steps, procedure } = JSON.parse(
    (await run('plan', ...asked, '--answer', 'linked=yes', '-o', 'json')).stdout,
  ) as Planned
  expect(procedure).toBe('back')
  expect(steps.map(({ id }) => id)).toEqual(['app', 'healthy'])
  expect(await run('plan', ...asked, '--param', 'relaese=v1')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('did you mean release?'),
  })
})

test('a runbook that is started asks, is answered, goes back and proves that its pods are healthy', async () => {
  const started = await run('start', ...asked, '--reason', 'v2 is slow')
  expect(started.code).toBe(8)
  const answered = await run('answer', 'checkout', 'yes', '-e', 'production')
  expect(answered).toMatchObject({ code: 0, stdout: expect.stringContaining('recovered') })
  const state = JSON.parse((await run('get', 'checkout', '-e', 'production', '-o', 'json')).stdout) as Rollback
  expect(state).toMatchObject({
    outcome: 'recovered',
    procedure: 'back',
    runbook: { name: 'checkout', source: join(folder, 'checkout.yaml') },
    decision: { path: [{ id: 'linked', answer: 'yes', by: { subject: 'local' } }] },
  })
  expect(state.steps.map(({ id, status }) => [id, status])).toEqual([
    ['app', 'done'],
    ['healthy', 'done'],
  ])
})
