import { readdir, readFile } from 'node:fs/promises'
import { Worker } from '@temporalio/worker'
import { beforeAll, describe, expect, test } from 'vitest'
import { workflowBundle } from '../support/bundle.ts'
import { paths as inlinePaths } from './paths.ts'
import { runbookPaths } from './runbook-paths.ts'
import { servicePaths } from './service-paths.ts'

const paths = { ...inlinePaths, ...runbookPaths, ...servicePaths }
const HISTORIES = new URL('./histories/', import.meta.url)
const LIMIT = 200 * 1024

const versions = await readdir(HISTORIES)
const recorded = await Promise.all(
  versions.map(async (version) =>
    (await readdir(new URL(`${version}/`, HISTORIES))).map((file) => `${version}/${file}`),
  ),
)

describe('no workflow of a released version breaks', () => {
  let bundle: { code: string }
  beforeAll(async () => {
    bundle = await workflowBundle()
  })

  test('every path through the workflows is recorded', () => {
    expect(recorded.flat().length).toBeGreaterThan(0)
    for (const files of recorded) expect(files.length).toBeGreaterThan(0)
    const latest = recorded.at(-1)?.map((file) => file.replace(/^.*\/|\.json$/g, ''))
    expect(latest).toEqual(expect.arrayContaining(Object.keys(paths)))
  })

  test.each(recorded.flat())('%s replays', async (file) => {
    const history: unknown = JSON.parse(await readFile(new URL(file, HISTORIES), 'utf8'))
    await Worker.runReplayHistory({ workflowBundle: bundle }, history, 'rollback/test/replayed')
  })

  test.each(recorded.flat())('%s is small and names no machine', async (file) => {
    const text = await readFile(new URL(file, HISTORIES), 'utf8')
    expect(text.length).toBeLessThan(LIMIT)
    const decoded = text.replaceAll(/"[A-Za-z0-9+/=]{8,}"/g, (quoted) =>
      Buffer.from(quoted.slice(1, -1), 'base64').toString(),
    )
    for (const shown of [text, decoded])
      expect(shown).not.toMatch(/file:\/\/|node_modules|\/(?:home|root|tmp|work|Users)\//)
  })
})
