import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { alternate, type Bench, figure, median, quantile } from '../../bench/parts/figure.ts'
import { withFigures } from '../../bench/parts/readme.ts'
import { markdown, table } from '../../bench/parts/render.ts'
import { stagesOf } from '../../bench/parts/stages.ts'

const benches = readdirSync('bench').flatMap((file) => (/^(?!main\.)(\w+)\.ts$/.exec(file) ?? []).slice(1))
const main = (...args: string[]) =>
  promisify(execFile)(process.execPath, ['--import', 'tsx', 'bench/main.ts', ...args], { timeout: 30_000 })

test('npm run bench alone lists every bench with its figures and goals, and measures nothing', async () => {
  const { stdout } = await main()
  expect(benches.length).toBeGreaterThan(3)
  for (const name of benches) expect(stdout).toMatch(new RegExp(`^${name} +\\S`, 'm'))
  expect(stdout).toContain('goal: ratio ≤ 1.3')
})

test('every figure has a name of its own, and every goal belongs to a figure', async () => {
  const loaded = await Promise.all(
    benches.map(async (name) => ((await import(`../../bench/${name}.ts`)) as { bench: Bench }).bench),
  )
  const names = loaded.flatMap(({ figures }) => Object.keys(figures))
  expect(new Set(names).size).toBe(names.length)
  for (const { figures, goals = {} } of loaded)
    expect(Object.keys(figures)).toEqual(expect.arrayContaining(Object.keys(goals)))
})

test('a bench that does not exist is named with those that do', async () => {
  const failed = main('nothing').catch((error: unknown) => error)
  await expect(failed).resolves.toMatchObject({
    code: 1,
    stderr: expect.stringContaining(benches.toSorted().join(', ')),
  })
})

test('the median of an even number is the mean of the two in the middle, and of none an error', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([10, 1, 2, 3])).toBe(2.5)
  expect(() => median([])).toThrow('at least one run')
})

test('a quantile is a value that was measured: the nearest rank', () => {
  const hundred = Array.from({ length: 100 }, (_, at) => 100 - at)
  expect(quantile(hundred, 0.95)).toBe(95)
  expect(quantile([7], 0.95)).toBe(7)
})

test('the sides take turns, who goes first changes, and the first pair does not count', async () => {
  const order: string[] = []
  const side = (name: string) => async () => order.push(name)
  const pairs = await alternate(2, { ours: side('ours'), other: side('other') })
  expect(order).toEqual(['other', 'ours', 'ours', 'other', 'other', 'ours'])
  expect(pairs).toEqual({ ours: [3, 6], other: [4, 5] })
})

test('a figure is the medians of both sides and their ratio; a missed goal is said', () => {
  const found = figure('undo', 'ms', { ours: [260, 240, 1_000], other: [200, 200, 1] })
  expect(found).toEqual({ name: 'undo', ours: 260, other: 200, ratio: 1.3, unit: 'ms', runs: 3 })
  const bench = { title: '', figures: { undo: 'a against b' }, goals: { undo: 1.3 }, runs: 1, measure: async () => [] }
  expect(table([found], [bench])).toMatch(/^undo +260 +200 +ms +1\.30 +≤ 1\.3 +3 +a against b$/m)
  expect(markdown([{ ...found, ratio: 1.31 }], [bench])).toContain('| 1.31 | ≤ 1.3 missed | 3 | a against b |')
})

test('new figures replace the old ones between their marks and nothing else', () => {
  const text = readFileSync('bench/README.md', 'utf8')
  const twice = withFigures(withFigures(text, 'once measured'), 'measured again')
  expect(twice).toContain('\n\nmeasured again\n\n')
  expect(twice).not.toContain('once measured')
  expect(twice.slice(0, 200)).toBe(text.slice(0, 200))
  expect(() => withFigures('no marks', 'x')).toThrow('needs the lines')
})

test('activities that one workflow task schedules are one stage', () => {
  const scheduled = (task: number) => ({
    activityTaskScheduledEventAttributes: { workflowTaskCompletedEventId: task },
  })
  const events = [scheduled(4), scheduled(4), {}, scheduled(9), scheduled(12)]
  expect(stagesOf(events as unknown as Parameters<typeof stagesOf>[0])).toEqual([2, 1, 1])
})
