import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { openArchive } from '../../activities/archive/index.ts'
import { breakGlassKey, summaryKey } from '../../activities/archive/keys.ts'
import type { StartedDocument } from '../../api/schemas/answers.ts'
import type { Report } from '../../model/report/index.ts'
import { StatsDocument } from '../../api/schemas/stats.ts'
import type { RunSummary } from '../../model/stats/summary.ts'
import { Engine } from '../support/engine.ts'
import { until } from '../support/until.ts'
import { bearer, type OpenApi, openApi } from './open.ts'
import { pathOf, rollbackOf } from './request.ts'
import { ended } from './run.ts'

let folder: string
let engine: Engine
let api: OpenApi
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unwind-reports-'))
  engine = await Engine.start({
    temporalAddress: inject('temporalAddress'),
    configuration: { archive: { folder: join(folder, 'shared') } },
  })
  api = openApi({ address: inject('temporalAddress'), configuration: engine.configuration })
})
afterAll(async () => {
  await api.close()
  await engine.stop()
  await rm(folder, { recursive: true, force: true })
})

/** A rollback that has recovered and is closed in Temporal too. */
async function recovered(): Promise<{ service: string; runId: string }> {
  const object = `o-${randomUUID()}`
  engine.system.put(object, 'v1', 'v2')
  const body = rollbackOf(object)
  const { runId } = (await api.call<StartedDocument>('POST', '/v1/rollbacks', body)).body
  await ended(api, body.service, runId)
  await engine.client.workflow.getHandle(`rollback/test/${body.service}`, runId).result()
  return { service: body.service, runId }
}

/** Temporal deletes a run once its queues have been acknowledged past it, which it does every 30 s. Milliseconds. */
const FORGETS_WITHIN = 90_000

/** Takes a run out of Temporal's record, as its retention does. */
async function forget(service: string, runId: string): Promise<void> {
  const workflowExecution = { workflowId: `rollback/test/${service}`, runId }
  await engine.client.workflowService.deleteWorkflowExecution({ namespace: 'default', workflowExecution })
  await until(
    () => api.call('GET', pathOf(service)),
    ({ status }) => status === 404,
    (seen) => `Temporal still has the run and answers ${seen?.status}`,
    FORGETS_WITHIN,
  )
}

test(
  'a report is read from the archive when Temporal has forgotten the run, in both its forms',
  async () => {
    const { service, runId } = await recovered()
    const before = await api.call<Report>('GET', pathOf(service, 'report'))
    await forget(service, runId)
    for (const path of [`report?run=${runId}`, 'report']) {
      const after = await api.call<Report>('GET', pathOf(service, path))
      expect(after).toMatchObject({ status: 200, body: { runId, outcome: 'recovered', service } })
      const { timeline } = before.body
      expect(after.body).toEqual({ ...before.body, timeline: timeline.filter(({ type }) => type !== 'archived') })
    }
    const text = await api.call<string>('GET', pathOf(service, `report?run=${runId}&format=markdown`))
    expect(text.body).toContain(`# Rollback of ${service} in test: recovered`)
    const other = await api.call('GET', pathOf(service, `report?run=${randomUUID()}`))
    expect(other).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } })
  },
  2 * FORGETS_WITHIN,
)

test('a report of a run that is named is read from the archive while Temporal is away', async () => {
  const { service, runId } = await recovered()
  const cut = openApi({ address: '127.0.0.1:1', configuration: engine.configuration })
  expect(await cut.call('GET', pathOf(service, `report?run=${runId}`))).toMatchObject({ status: 200, body: { runId } })
  expect(await cut.call('GET', pathOf(service, 'report'))).toMatchObject({ body: { code: 'TEMPORAL_UNAVAILABLE' } })
  await cut.close()
})

test('while Unwind is down, whoever asks reads where the break-glass script of the service lies, if one is kept', async () => {
  const archive = openArchive(engine.configuration.archive)
  const service = `s-${randomUUID()}`
  const key = breakGlassKey({ environment: 'test', service })
  await archive?.put(key, new TextEncoder().encode('#!/bin/sh\n'), 'text/x-shellscript')
  const cut = openApi({ address: '127.0.0.1:1', configuration: engine.configuration })
  const known = [
    await cut.call('GET', pathOf(service)),
    await cut.call('POST', '/v1/rollbacks', rollbackOf('o', service)),
  ]
  for (const { status, body } of known) {
    expect(status).toBe(503)
    expect(body.facts).toMatchObject({ breakGlass: join(folder, 'shared', key) })
    expect(body.detail).toContain(`the break-glass script is at ${join(folder, 'shared', key)}`)
  }
  const unknown = await cut.call('GET', pathOf('never-seen'))
  expect(unknown).toMatchObject({ status: 503 })
  expect(unknown.body.detail).not.toContain('break-glass')
  await cut.close()
})

/** An API whose archive holds these runs, all of this week unless they say otherwise. */
async function withRuns(
  runs: Partial<RunSummary>[],
  tokens: NonNullable<Parameters<typeof openApi>[0]['tokens']> = [],
) {
  const archive = { folder: join(folder, randomUUID()) }
  const startedAt = new Date(Date.now() - 1_000).toISOString()
  for (const run of runs) {
    const base = { format: 1 as const, runId: randomUUID(), service: 'shop', environment: 'test', startedAt }
    const summary: RunSummary = { ...base, outcome: 'recovered', ...run }
    await openArchive(archive)?.put(
      summaryKey(summary),
      new TextEncoder().encode(JSON.stringify(summary)),
      'application/json',
    )
  }
  return openApi({
    address: inject('temporalAddress'),
    configuration: { ...engine.configuration, archive },
    tokens,
  })
}

test('a run that ends counts in the figures at once', async () => {
  const { service } = await recovered()
  const { body, status } = await api.call<StatsDocument>('GET', `/v1/stats?service=${service}&weeks=1`)
  expect(status).toBe(200)
  expect(StatsDocument.strict().parse(body)).toEqual(body)
  expect(body).toMatchObject({ truncated: false, all: { runs: 1, outcomes: { recovered: 1 } } })
  expect(body.all.decide?.median).toBeLessThanOrEqual(body.all.recover?.median ?? 0)
})

test('figures count each service for itself, only within the window, and pass over what is no summary', async () => {
  const old = new Date(Date.now() - 100 * 24 * 60 * 60_000).toISOString()
  const other = await withRuns([
    { recover: 100 },
    { recover: 300 },
    { service: 'cart', outcome: 'aborted' },
    { startedAt: old, recover: 9 },
    { service: 'junk', outcome: 'nonsense' as 'aborted' },
  ])
  const { body } = await other.call<StatsDocument>('GET', '/v1/stats?weeks=2')
  expect(body.services).toMatchObject([
    { service: 'shop', runs: 2, recover: { median: 200 } },
    { service: 'cart', runs: 1, outcomes: { aborted: 1 } },
  ])
  expect(body.weeks).toHaveLength(2)
  await other.close()
})

test('figures hold only the environments that the caller may see', async () => {
  const tokens = [
    { text: 'all', subject: 'alice' },
    { text: 'one', subject: 'emil', environments: ['test'], verbs: ['read' as const] },
  ]
  const other = await withRuns([{}, { environment: 'production' }], tokens)
  const seen = async (text: string) =>
    (await other.call<StatsDocument>('GET', '/v1/stats', undefined, bearer(text))).body
  expect([(await seen('all')).all.runs, (await seen('one')).all.runs]).toEqual([2, 1])
  const refused = await other.call('GET', '/v1/stats?environment=production', undefined, bearer('one'))
  expect(refused).toMatchObject({ status: 403 })
  await other.close()
})

test('without an archive there are no figures, and the answer says what to set', async () => {
  const other = openApi({ address: inject('temporalAddress') })
  const answer = await other.call('GET', '/v1/stats')
  expect(answer).toMatchObject({ status: 404, body: { detail: expect.stringContaining('set archive in unwind.yaml') } })
  await other.close()
})
