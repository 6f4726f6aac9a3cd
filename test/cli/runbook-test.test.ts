import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { unwind } from './unwind.ts'

const EXAMPLE = 'examples/scenarios/checkout.yaml'
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unwind-scenarios-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const play = (...args: string[]) => unwind(['runbook', 'test', ...args, '--temporal', inject('temporalAddress')])

/** The example with something put in place of something else. */
async function changed(name: string, from: string, to: string): Promise<string> {
  const text = (await readFile(EXAMPLE, 'utf8')).replace('../runbooks/', `${resolve('examples/runbooks')}/`)
  if (!text.includes(from)) throw new Error(`the example has lost ${from}`)
  const path = join(folder, name)
  await writeFile(path, text.replace(from, to))
  return path
}

test('the example: every scenario is played by the real engine and ends as it says', async () => {
  const { code, stdout, stderr } = await play(EXAMPLE)
  expect(stdout.split('\n').filter((line) => line.startsWith('✗'))).toEqual([])
  expect(stderr).toContain('7 passed, 0 failed')
  expect(code).toBe(0)
})

test('the example in two regions: each is named, parked, retried and taken back by itself', async () => {
  const { code, stdout, stderr } = await play('examples/scenarios/search.yaml')
  expect(stdout.split('\n').filter((line) => line.startsWith('✗'))).toEqual([])
  expect(stderr).toContain('4 passed, 0 failed')
  expect(code).toBe(0)
})

test('a scenario that ends otherwise says what differed, in text, JSON and JUnit', async () => {
  const file = await changed('wrong.yaml', 'steps: [app, healthy]', 'steps: [healthy, app]')
  const [text, json, junit] = await Promise.all([play(file), play(file, '-o', 'json'), play(file, '-o', 'junit')])
  expect(text.stdout).toMatch(/^✗ Evidence leads.*\n {4}steps: expected \["healthy","app"\], was \["app","healthy"\]$/m)
  expect([text.code, json.code, junit.code]).toEqual([9, 9, 9])
  const results = JSON.parse(json.stdout) as { passed: boolean; differences: string[] }[]
  expect(results.map(({ passed }) => passed)).toEqual([false, true, true, true, true, true, true])
  expect(junit.stdout).toContain(`tests="7" failures="1"`)
  expect(junit.stdout).toContain('<failure message="steps: expected [&quot;healthy&quot;')
})

test('one that hangs on nobody’s answer says for whom it waits', async () => {
  const file = await changed('waits.yaml', '    ticks: [business]\n', '')
  const { stdout } = await play(file)
  expect(stdout).toContain('outcome: expected recovered, was waits')
})

test.each([
  ['an unknown key', 'startedBy: anna', 'startdBy: anna', /:\d+:\d+: .*did you mean startedBy\?/],
  [
    'an unknown step',
    '{ step: healthy, choice',
    '{ step: healty, choice',
    /there is no step healty; did you mean healthy\?/,
  ],
  [
    'an unknown outcome',
    'outcome: inconclusive',
    'outcome: inconclusiv',
    /:\d+:\d+: .*must be one of pass, fail, inconclusive, error; did you mean inconclusive\?/,
  ],
  ['an unknown person', 'plan: [anna]', 'plan: [ana]', /:\d+:\d+: .*there is no person ana; did you mean anna\?/],
  ['an unknown item', 'ticks: [business]', 'ticks: [busines]', /there is no item busines; did you mean business\?/],
  ['no runbook', 'runbook: ', 'runbook: nowhere/', /cannot be read/],
])('%s is found before anything is played', async (name, from, to, words) => {
  const { code, stderr, stdout } = await play(await changed(`${name.replaceAll(' ', '-')}.yaml`, from, to))
  expect(stderr).toMatch(words)
  expect([code, stdout]).toEqual([2, ''])
})

test('with a configuration its floor counts: what it forbids is what the scenario shows', async () => {
  const config = join(folder, 'unwind.yaml')
  await writeFile(
    config,
    `apiVersion: unwind/v1
kind: Configuration
environments:
  production: { policy: { kinds: [helm] } }
connections:
  production: { kind: kubernetes, environment: production, server: 'https://203.0.113.10:6443', caSha256: '${'1'.repeat(64)}' }
  checkout: { kind: http, environment: production, origin: 'https://checkout.example.com' }
`,
  )
  const { code, stdout } = await play(EXAMPLE, '-c', config)
  expect(stdout).toContain('FORBIDDEN: production does not allow steps of kind kubernetes')
  expect(code).toBe(9)
})
