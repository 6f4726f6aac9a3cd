import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Move } from '../../model/target.ts'
import type { Case, Fixture } from './conformance.ts'
import { applied, contextFor, planOf, verified } from './conformance-drive.ts'
import type { Held, HoldingProxy } from './conformance-proxy.ts'

/** What `conformance-child.ts` is told. */
export interface ChildCall {
  module: string
  exported: string
  credentials: unknown
  step: Record<string, unknown>
  move: Move
  rollbackId: string
}

const NAME = 'killed in mid-apply, a second apply finishes'

/** A real process is killed with -9 at each moment of its write; another one takes over. */
export const killedInMidApply: readonly Case[] = [
  { name: `${NAME}: the write had not reached the system`, run: (fixture) => killed(fixture, 'request', 'never') },
  { name: `${NAME}: the write was done, its answer lost`, run: (fixture) => killed(fixture, 'answer', 'never') },
  { name: `${NAME}: the write arrives late, after the second`, run: (fixture) => killed(fixture, 'request', 'late') },
]

async function killed(fixture: Fixture, moment: 'request' | 'answer', first: 'never' | 'late'): Promise<void> {
  const { target, connection } = fixture
  const subject = await fixture.arrange()
  const { proxy, credentials, module, exported } = await fixture.proxied()
  try {
    const context = contextFor(connection)
    const plan = await planOf(target, subject.step, context)
    const move = { from: plan.from, to: plan.to }
    const held = proxy.hold(moment)
    await killWhileHeld(
      { module, exported, credentials, step: subject.step, move, rollbackId: context.rollbackId },
      held,
    )
    assert.equal(proxy.writes(), moment === 'answer' ? 1 : 0)
    const through = { ...context, connection: await target.connect(credentials, 'second') }
    const state = await applied(target, subject.step, plan, through)
    assert.equal(proxy.writes(), 1, 'the change was not made exactly once')
    const after = await subject.read()
    if (first === 'late') await arrivesLate(held, proxy, fixture)
    assert.deepEqual(await subject.read(), after)
    const verdict = await verified(target, subject.step, state, context)
    assert.equal(verdict.status, 'pass', verdict.evidence.summary)
  } finally {
    await proxy.stop()
  }
}

/** The dead process's request was still on its way: being conditional, it must change nothing any more. */
async function arrivesLate(held: Held, proxy: HoldingProxy, { unconditional }: Fixture): Promise<void> {
  const status = await held.release()
  if (unconditional) return
  assert.ok(status >= 400, 'the late write was accepted')
  assert.equal(proxy.writes(), 1)
}

/** A process that loads TypeScript takes its time on a busy machine; only one that hangs takes longer than this. */
const WITHIN = 100_000

/** A real process applies until it is held, and is killed there with -9; `before` is told its pid right before that. */
export async function killWhileHeld(
  call: ChildCall,
  held: Held,
  before: (pid: number) => void = () => {},
): Promise<void> {
  const script = fileURLToPath(new URL('./conformance-child.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify(call)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const complaints: string[] = []
  child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk.toString('utf8')))
  const ended = once(child, 'exit')
  const limit = new AbortController()
  try {
    const outcome = await Promise.race([
      held.reached.then(() => 'held'),
      ended.then(() => 'ended'),
      pause(WITHIN, 'late', { signal: limit.signal }),
    ])
    assert.equal(outcome, 'held', `the process ${outcome} before its write: ${complaints.join('').slice(-2_000)}`)
    if (child.pid !== undefined) before(child.pid)
  } finally {
    limit.abort()
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await ended
  }
}
