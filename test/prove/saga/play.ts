import { randomUUID } from 'node:crypto'
import type { Client, WorkflowHandle } from '@temporalio/client'
import { rollbackId } from '../../../model/ids.ts'
import type { RunState } from '../../../model/run.ts'
import { until } from '../../support/until.ts'
import { settled } from '../crash/run.ts'
import { Application } from './application.ts'
import { type Call, Watch } from './calls.ts'
import type { Case } from './cases.ts'
import { judge, looks, refuseOther } from './judge.ts'
import { type Lane, NAME } from './lane.ts'
import { sagaInput } from './runbook.ts'

/** What an application needs to write again once all is over, at most. */
const WRITES = 20_000

/** What was seen of a saga, and when it began and ended in epoch milliseconds. */
interface Played {
  told: string
  seen: Call[]
  from: number
  to: number
}

/** Plays one saga to its end, with what happens to one of its calls. Throws what may not be. */
export async function play(client: Client, lane: Lane, one: Case): Promise<Played> {
  const { old, store } = await lane.fresh()
  const before = looks(old)
  const application = new Application(() => lane.resolve(NAME), lane.password)
  application.start()
  const written = () => application.acknowledged.size
  let run: WorkflowHandle | undefined
  try {
    await until(
      async () => written(),
      (rows) => rows > 10,
      () => 'the application does not write',
      WRITES,
    )
    lane.watch = new Watch()
    const struck = arm(lane, one)
    const from = Date.now()
    run = await begin(client, lane, one)
    const state = await ended(run, struck, one)
    const to = Date.now()
    refuseOther(one.ending, lane, state)
    await writesAgain(lane, application)
    await application.stop()
    if (one.strike && !struck.at) throw new Error('the saga never came to that call')
    const told = await judge(one.ending, { lane, state, old, before, store, application })
    return { told, seen: lane.watch.seen, from, to }
  } finally {
    await application.stop()
    lane.watch.meddle = undefined
    // One that did not end holds its locks: it must not stand in the way of the next.
    await run?.terminate('the case is over').catch(() => {})
    await until(
      async () => lane.worker.alive,
      Boolean,
      () => 'the worker does not come back',
    )
  }
}

/** What was struck, and whether it still is. */
interface Struck {
  at?: Call
  lifted: boolean
}

/** Strikes the call, or the first one behind it where the saga has taken a shorter way this time. */
function arm(lane: Lane, { at, strike }: Case): Struck {
  const struck: Struck = { lifted: false }
  if (!at || !strike) return struck
  let [near, left] = [false, strike.times]
  lane.watch.meddle = async (call) => {
    if (struck.at) {
      const again = call.name === struck.at.name && (strike.parks ? !struck.lifted : --left > 0)
      return again ? strike.strike(lane, call) : undefined
    }
    near ||= call.after === at.after
    const there = near && call.name === at.name && call.nth >= at.nth && call.after === at.after
    const past = near && call.after !== at.after && strike.befalls(call)
    if (!there && !past) return undefined
    struck.at = call
    return strike.strike(lane, call)
  }
  return struck
}

async function begin(client: Client, { configuration }: Lane, { ending }: Case): Promise<WorkflowHandle> {
  const service = `shop-${randomUUID().slice(0, 8)}`
  const input = sagaInput(configuration, service, ending)
  return client.workflow.start('rollback', {
    workflowId: rollbackId('test', service),
    taskQueue: configuration.temporal?.taskQueue ?? '',
    args: [input],
  })
}

/** The record at the end; where a right is missing, once somebody has given it and said so. */
async function ended(run: WorkflowHandle, struck: Struck, { strike }: Case): Promise<RunState> {
  const state = await settled(run)
  if (!strike?.parks || state.phase !== 'parked' || !state.parked) return state
  const { problem, stepId, attempt } = state.parked
  if (problem.code !== 'TARGET_FORBIDDEN') return state
  struck.lifted = true
  await run.executeUpdate('decide', { args: [{ stepId, attempt, choice: 'retry' }] })
  await until(
    async () => (await run.query<RunState>('state')).parked?.attempt !== attempt,
    Boolean,
    () => 'the answer is not heard',
  )
  return settled(run)
}

/** Whoever has the name takes rows again: the fence is gone, and applications find their way by themselves. */
async function writesAgain(lane: Lane, { acknowledged }: Application): Promise<void> {
  const holder = lane.resolve(NAME)?.resourceId
  const before = acknowledged.size
  await until(
    async () => [...acknowledged.values()].slice(before).includes(holder ?? ''),
    Boolean,
    () => `nothing can be written to ${NAME} (${holder ?? 'nobody has the name'})`,
    WRITES,
  )
}
