import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openArchive } from '../../activities/archive/index.ts'
import { keepReport } from '../../activities/archive/keep.ts'
import { reportFolder } from '../../activities/archive/keys.ts'
import { report, sortedJson } from '../../model/report/index.ts'
import type { RunState } from '../../model/run.ts'
import { runbookInput } from '../support/runbook.ts'
import { scenarios } from './scenario.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unwind-kept-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** The record as it was when it was kept: without the event that says so. */
function asKept(state: RunState): RunState {
  return { ...state, timeline: state.timeline.filter(({ type }) => type !== 'archived') }
}

scenarios('keeping the report', (start) => {
  test('at its end a run keeps report, plans, evidence and record, and says where', async () => {
    const engine = await start({ configuration: { archive: { folder } } })
    engine.system.put('a', 'v1', 'v2')
    const run = await engine.rollback([{ object: 'a' }])
    const state = await run.ends()
    const archive = openArchive({ folder })
    const below = reportFolder(report(state))
    const names = ['evidence.json', 'plans.json', 'record.json', 'report.json', 'report.md']
    expect(await archive?.list(below, 100)).toEqual(names.map((name) => below + name))
    expect(state.timeline.findLast(({ type }) => type === 'archived')?.text).toContain(`${below}report.json`)
    const kept = new TextDecoder().decode(await archive?.get(`${below}report.json`))
    expect(kept).toBe(sortedJson(report(asKept(state))))
    if (archive) await keepReport(archive, asKept(state))
    expect(new TextDecoder().decode(await archive?.get(`${below}report.json`))).toBe(kept)
    expect(await archive?.list(below, 100)).toHaveLength(names.length)
  })

  test('an item of the checklist may wait for it', async () => {
    const engine = await start({ configuration: { archive: { folder } } })
    engine.system.put('a', 'v1', 'v2')
    const item = { id: 'kept', phase: 'after' as const, text: 'Keep the report', required: false }
    const checklist = [{ ...item, ticks: { event: 'archived' } }]
    const run = await engine.begin(runbookInput(engine, [{ object: 'a' }], { checklist }, { archive: true }))
    expect((await run.ends()).checklist).toMatchObject([{ id: 'kept', ticked: { by: 'archived' } }])
  })

  test('an archive that is not there ends no run in another way, and the record says so', async () => {
    const engine = await start()
    engine.system.put('a', 'v1', 'v2')
    const run = await engine.rollback([{ object: 'a' }], { archive: true })
    const state = await run.ends()
    expect(state.outcome).toBe('recovered')
    expect(state.timeline.findLast(({ type }) => type === 'archived')?.text).toContain('could not be kept')
  })
})
