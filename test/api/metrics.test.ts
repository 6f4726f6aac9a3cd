import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { metricsText } from '../../api/metrics/text.ts'
import { VERSION } from '../../model/version.ts'
import { Engine } from '../support/engine.ts'
import { until } from '../support/until.ts'
import { type OpenApi, openApi } from './open.ts'
import { rollbackOf } from './request.ts'
import { parked, reaches } from './run.ts'

interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/s
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\"n])*)"(?:,|$)/

/** The text format as its description says, and nothing more lenient: HELP and TYPE before each family, each once. */
function parse(text: string): Sample[] {
  expect(text === '' || text.endsWith('\n')).toBe(true)
  const [typed, samples] = [new Map<string, string>(), [] as Sample[]]
  let helped = ''
  for (const line of text.split('\n').slice(0, -1)) {
    const [, word, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/s.exec(line) ?? []
    if (word === 'HELP') helped = name
    else if (word === 'TYPE') {
      expect([name, typed.has(name)]).toEqual([helped, false])
      expect(['counter', 'gauge']).toContain(rest)
      typed.set(name, rest)
    } else {
      const sample = sampleOf(line)
      expect(sample.name).toBe([...typed.keys()].at(-1))
      samples.push(sample)
    }
  }
  const keys = samples.map(({ name, labels }) => JSON.stringify([name, labels]))
  expect(new Set(keys).size).toBe(keys.length)
  return samples
}

function sampleOf(line: string): Sample {
  const [, name = '', text = '', value = ''] = SAMPLE.exec(line) ?? []
  expect(name, line).not.toBe('')
  const labels: Record<string, string> = {}
  for (let rest = text; rest !== ''; ) {
    const [whole = '', label = '', escaped = ''] = LABEL.exec(rest) ?? []
    expect(whole, line).not.toBe('')
    labels[label] = escaped.replaceAll(/\\(.)/g, (_, mark: string) => (mark === 'n' ? '\n' : mark))
    rest = rest.slice(whole.length)
  }
  return { name, labels, value: value === '+Inf' ? Infinity : value === '-Inf' ? -Infinity : Number(value) }
}

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

test('any families come through the text format as they are', () => {
  const labels = fc.dictionary(fc.constantFrom('service', 'environment', 'because'), fc.string({ unit: 'grapheme' }))
  const value = fc.oneof(fc.double(), fc.integer())
  const samples = fc.uniqueArray(fc.record({ labels, value }), { selector: (sample) => JSON.stringify(sample.labels) })
  const type = fc.constantFrom('gauge' as const, 'counter' as const)
  const names = fc.uniqueArray(fc.constantFrom('unwind_a', 'unwind_b', 'unwind_c'))
  const families = names.chain((all) =>
    fc.tuple(...all.map((name) => fc.record({ name: fc.constant(name), help: fc.string(), type, samples }))),
  )
  fc.assert(
    fc.property(families, (made) => {
      const expected = made.flatMap((family) => family.samples.map((sample) => ({ name: family.name, ...sample })))
      const seen = parse(metricsText(made))
      expect(seen.map(({ name, labels: of }) => [name, of])).toEqual(
        expected.map(({ name, labels: of }) => [name, { ...of }]),
      )
      for (const [index, { value: written }] of seen.entries())
        expect(written === expected[index]?.value || Object.is(written, expected[index]?.value) || written === 0).toBe(
          true,
        )
    }),
  )
})

test('metrics count rollbacks by phase and outcome, and name the version', async () => {
  const body = rollbackOf(parked(engine))
  await api.call('POST', '/v1/rollbacks', body)
  await reaches(api, body.service, 'parked')
  const scrape = async () => {
    const fresh = openApi({ address: inject('temporalAddress'), configuration: engine.configuration })
    const answer = await fresh.call<string>('GET', '/metrics')
    await fresh.close()
    return { ...answer, samples: parse(answer.body) }
  }
  const value = (samples: Sample[], name: string, status?: string) =>
    samples.find((sample) => sample.name === name && sample.labels['status'] === status)?.value
  const { samples, headers, status } = await until(
    scrape,
    (seen) => (value(seen.samples, 'unwind_rollbacks', 'parked') ?? 0) > 0,
    () => 'the parked rollback is not counted',
  )
  expect(status).toBe(200)
  expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
  expect(value(samples, 'unwind_temporal_up')).toBe(1)
  expect(value(samples, 'unwind_rollbacks_open')).toBeGreaterThan(0)
  expect(samples.find(({ name }) => name === 'unwind_build_info')?.labels).toMatchObject({ version: VERSION })
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string }
  expect(VERSION).toBe(version)
})

test('metrics answer while Temporal is away, and say so', async () => {
  const cut = openApi({ address: '127.0.0.1:1', configuration: engine.configuration })
  const { status, body } = await cut.call<string>('GET', '/metrics')
  expect(status).toBe(200)
  expect(parse(body).find(({ name }) => name === 'unwind_temporal_up')?.value).toBe(0)
  await cut.close()
})
