import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type ListDocument, RollbackDocument, type StartedDocument } from '../../api/schemas/answers.ts'
import { ReportDocument } from '../../api/schemas/report.ts'
import type { Configuration } from '../../model/configuration.ts'
import { Engine } from '../support/engine.ts'
import { until } from '../support/until.ts'
import { bearer, type OpenApi, openApi } from './open.ts'
import { pathOf, rollbackOf } from './request.ts'
import { ended, parked, reaches } from './run.ts'

let engine: Engine
let api: OpenApi
beforeAll(async () => {
  engine = await Engine.start({ temporalAddress: inject('temporalAddress') })
  api = openApi({ address: inject('temporalAddress'), configuration: engine.configuration })
})
afterAll(async () => {
  await api.close()
  await engine.stop()
})

async function recovered(service?: string): Promise<string> {
  const object = `o-${randomUUID()}`
  engine.system.put(object, 'v1', 'v2')
  const body = rollbackOf(object, service, { incident: 'INC-7' })
  const { runId } = (await api.call<StartedDocument>('POST', '/v1/rollbacks', body)).body
  await ended(api, body.service, runId)
  return body.service
}

test('the document of a rollback is what its schema says, while it is parked and when it has ended', async () => {
  const body = rollbackOf(parked(engine))
  await api.call('POST', '/v1/rollbacks', body)
  const documents = [await reaches(api, body.service, 'parked'), await ended(api, await recovered())]
  for (const document of documents) expect(RollbackDocument.parse(document)).toEqual(document)
  expect(documents.map(({ stale, worker }) => [stale, worker])).toEqual([
    [false, 'running'],
    [false, undefined],
  ])
})

test('an older run is read by its id, also when a younger one has ended', async () => {
  const service = await recovered()
  const older = await ended(api, service)
  await recovered(service)
  const younger = await ended(api, service)
  expect(younger.runId).not.toBe(older.runId)
  const read = await api.call<RollbackDocument>('GET', `${pathOf(service)}?run=${older.runId}`)
  expect(read.body).toEqual(older)
})

test('the report comes as JSON or as Markdown, as it is asked for', async () => {
  const service = await recovered()
  const json = await api.call('GET', pathOf(service, 'report'))
  expect(ReportDocument.parse(json.body)).toEqual(json.body)
  const asked = await api.call<string>('GET', `${pathOf(service, 'report')}?format=markdown`)
  const accepted = await api.call<string>('GET', pathOf(service, 'report'), undefined, { accept: 'text/markdown' })
  for (const { headers, body } of [asked, accepted]) {
    expect(headers['content-type']).toBe('text/markdown; charset=utf-8')
    expect(body).toContain(`# Rollback of ${service} in test: recovered`)
  }
})

test('rollbacks are listed newest first, by filter, and page by page without a gap', async () => {
  const service = await recovered()
  await recovered(service)
  await recovered(service)
  const list = (query: string) => api.call<ListDocument>('GET', `/v1/rollbacks?service=${service}&${query}`)
  // One that closes between two pages takes another place in Temporal's order.
  const closed = `ExecutionStatus = "Completed" AND UnwindService = "${service}"`
  await until(
    () => engine.client.workflow.count(closed),
    ({ count }) => count === 3,
    () => 'not all have closed',
  )
  const all = await list('outcome=recovered')
  const starts = all.body.rollbacks.map(({ startedAt }) => startedAt)
  expect(starts).toEqual(starts.toSorted((a, b) => b - a))
  expect(all.body.rollbacks[0]).toMatchObject({
    phase: 'ended',
    outcome: 'recovered',
    incident: 'INC-7',
    startedBy: { subject: 'local' },
    service,
    environment: 'test',
  })
  expect((await list('status=parked')).body.rollbacks).toEqual([])
  expect((await list('outcome=aborted')).body.rollbacks).toEqual([])
  expect((await list('status=ended&environment=test')).body.rollbacks).toHaveLength(3)
  const seen: string[] = []
  let page = ''
  for (let pages = 0; pages < 4; pages++) {
    const { body } = await list(`limit=1${page}`)
    seen.push(...body.rollbacks.map(({ runId }) => runId))
    if (!body.nextPage) break
    page = `&page=${body.nextPage}`
  }
  expect(seen).toEqual(all.body.rollbacks.map(({ runId }) => runId))
  const stolen = await api.call('GET', `/v1/rollbacks?status=ended&limit=1${page}`)
  expect(stolen).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } })
})

test('a list shows only the environments that the caller may see', async () => {
  const service = await recovered()
  const configuration = engine.configuration
  const elsewhere = openApi({
    address: inject('temporalAddress'),
    configuration: {
      ...configuration,
      environments: {
        ...configuration.environments,
        staging: configuration.environments['test'] as Configuration['environments'][string],
      },
    },
    tokens: [{ text: 'all' }, { text: 'staging', environments: ['staging'] }],
  })
  const list = (who: string) =>
    elsewhere.call<ListDocument>('GET', `/v1/rollbacks?service=${service}`, undefined, bearer(who))
  await until(
    () => list('all'),
    ({ body }) => body.rollbacks.length === 1,
    () => 'not listed',
  )
  expect((await list('staging')).body.rollbacks).toEqual([])
  await elsewhere.close()
})

test('a run that somebody terminated in Temporal is shown as what it is: cut off', async () => {
  const body = rollbackOf(parked(engine))
  await api.call('POST', '/v1/rollbacks', body)
  await reaches(api, body.service, 'parked')
  await engine.client.workflow.getHandle(`rollback/test/${body.service}`).terminate('by hand')
  const document = await ended(api, body.service)
  expect(document).toMatchObject({ phase: 'ended', outcome: 'aborted', problem: { code: 'INTERNAL' } })
  expect(document.problem?.message).toContain('Temporal ended this run (TERMINATED)')
  expect(document.steps).toHaveLength(1)
})
