import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildApi } from '../../api/app.ts'
import type { App } from '../../api/http/app-type.ts'
import { rights } from '../../api/rights.ts'
import { connectLazily, type TemporalClient } from '../../api/temporal/connect.ts'
import { memoryConfiguration } from '../support/engine.ts'

interface Operation {
  operationId: string
  summary: string
  tags: string[]
  responses: Record<string, { content?: Record<string, unknown> }>
}

let app: App
let temporal: TemporalClient
beforeAll(() => {
  temporal = connectLazily({ connectionOptions: { address: '127.0.0.1:1' }, namespace: 'default' })
  app = buildApi({ configuration: memoryConfiguration(), ...temporal })
})
afterAll(async () => {
  await app.close()
  await temporal.close()
})

async function document(): Promise<{ openapi: string; paths: Record<string, Record<string, Operation>> }> {
  return (await app.inject('/openapi.json')).json()
}

test('the document is the one in docs/openapi.json; `npx vitest run -u test/api/document.test.ts` writes it anew', async () => {
  const text = `${JSON.stringify(await document(), null, 2)}\n`
  await expect(text).toMatchFileSnapshot('../../docs/openapi.json')
})

test('every operation has an id from the table of rights, a summary, a tag, a typed answer and its problems', async () => {
  const { openapi, paths } = await document()
  expect(openapi).toBe('3.1.0')
  const operations = Object.values(paths).flatMap((path) => Object.values(path))
  expect(operations.map(({ operationId }) => operationId).toSorted()).toEqual(Object.keys(rights).toSorted())
  for (const { operationId, summary, tags, responses } of operations) {
    expect([operationId, summary.length > 5, tags.length]).toEqual([operationId, true, 1])
    const good = Object.entries(responses).filter(([status]) => status.startsWith('2'))
    expect(good.length).toBeGreaterThan(0)
    for (const [, { content }] of good) expect(Object.keys(content ?? {}).length).toBeGreaterThan(0)
    for (const [status, { content }] of Object.entries(responses))
      if (!status.startsWith('2')) expect(Object.keys(content ?? {})).toEqual(['application/problem+json'])
  }
})

test('every reference in the document leads somewhere, and every schema is referred to', async () => {
  const text = JSON.stringify(await document())
  const { components } = JSON.parse(text) as { components: { schemas: Record<string, unknown> } }
  const refs = new Set([...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name))
  expect([...refs].toSorted()).toEqual(Object.keys(components.schemas).toSorted())
})

test('the browsable document needs nothing from elsewhere', async () => {
  const page = await app.inject('/docs')
  expect(page.statusCode).toBe(200)
  expect(page.headers['content-security-policy']).toContain("default-src 'self'")
  expect(page.body).not.toMatch(/(?:src|href)="https?:/)
  for (const [, source] of page.body.matchAll(/(?:src|href)="\.?\/?([^"]+)"/g))
    expect((await app.inject(`/${source?.replace(/^\//, '')}`)).statusCode).toBe(200)
})
