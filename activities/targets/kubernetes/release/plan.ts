import { createHash } from 'node:crypto'
import { UnwindError } from '../../../../model/errors.ts'
import type { CallContext, Plan, State, Warning } from '../../../../model/target.ts'
import type { Cluster } from '../../../kubernetes/connect.ts'
import { objectOf, spotOf } from '../objects.ts'
import { plan as planOne } from '../plan.ts'
import type { WorkloadState } from '../state.ts'
import { alone, membersOf, parseRelease, type ReleaseState } from './members.ts'
import type { KubernetesReleaseStep } from './schema.ts'

interface Planned {
  workload: string
  plan: Plan<WorkloadState>
}

/** The plans of all workloads as one. What keeps one of them from going back keeps all: the error names it. */
export async function plan(step: KubernetesReleaseStep, context: CallContext<Cluster>): Promise<Plan<ReleaseState>> {
  const members = await membersOf(step, context)
  const planned = await Promise.all(
    members.map(async (workload) => ({ workload, plan: await one(step, workload, context) })),
  )
  const plans = planned.map((member) => member.plan)
  const stuck = planned.find((member) => member.plan.reversible !== true)
  return {
    summary: plans.map(({ summary }) => summary).join('; then '),
    // Its own: a later step on one of the workloads alone must not be planned from the state of all of them.
    object: nameOf(plans),
    also: plans.map(({ object }) => object),
    leaves: Object.fromEntries(plans.map(({ object, to }) => [object, to])),
    from: stateOf(planned, 'from'),
    to: { ...stateOf(planned, 'to'), waits: true },
    changes: planned.flatMap(({ workload, plan: { changes } }) =>
      changes.map((change) => ({ ...change, path: `${workload} ${change.path}` })),
    ),
    reversible: stuck && stuck.plan.reversible !== true ? stuck.plan.reversible : true,
    warnings: warningsOf(planned),
    limits: {
      // Each but the last is waited for within apply.
      apply: sum(plans.map(({ limits }) => limits.apply)) + sum(plans.slice(0, -1).map(({ limits }) => limits.verify)),
      verify: Math.max(...plans.map(({ limits }) => limits.verify)),
    },
    impact: planned.flatMap(({ workload, plan: { impact = [] } }) => impact.map((line) => `${workload}: ${line}`)),
    ...together(plans),
  }
}

async function one(step: KubernetesReleaseStep, workload: string, context: CallContext<Cluster>) {
  const { towards, assumed, earlier = {}, ...rest } = context
  const of = (state: State | undefined) =>
    state && parseRelease(state, step.namespace).workloads.find((member) => member.workload === workload)?.state
  const cluster = await context.connection.identity(context.signal)
  const [to, from] = [of(towards), of(assumed) ?? earlier[objectOf(cluster, spotOf({ ...step, workload }))]]
  try {
    return await planOne(alone(step, workload), { ...rest, ...(to && { towards: to }), ...(from && { assumed: from }) })
  } catch (error) {
    if (!(error instanceof UnwindError) || error.message.includes(workload)) throw error
    throw new UnwindError(error.code, `${workload}: ${error.message}`, error.facts, { cause: error })
  }
}

/** What this set of workloads is called, in whatever order they go back. */
function nameOf(plans: readonly Plan[]): string {
  const text = plans
    .map(({ object }) => object)
    .toSorted()
    .join(' ')
  return `kubernetes/workloads/${createHash('sha256').update(text).digest('hex').slice(0, 32)}`
}

function stateOf(planned: readonly Planned[], side: 'from' | 'to'): ReleaseState {
  return { workloads: planned.map(({ workload, plan }) => ({ workload, state: plan[side] })) }
}

/** Every code once, with what it says of each workload; to be confirmed where it is of any. */
function warningsOf(planned: readonly Planned[]): Warning[] {
  const all = planned.flatMap(({ workload, plan: { warnings } }) =>
    warnings.map((warning) => ({ ...warning, message: `${workload}: ${warning.message}` })),
  )
  return [...new Set(all.map(({ code }) => code))].map((code) => {
    const same = all.filter((warning) => warning.code === code)
    const message = same.map((warning) => warning.message).join('; ')
    return { code, message, ...(same.some(({ confirm }) => confirm) && { confirm: true }) }
  })
}

/** A release that all of them lead to, what runs before and after, and what goes away with it. */
function together(plans: readonly Plan[]): Pick<Plan, 'release' | 'artifacts' | 'lost'> {
  const releases = new Set(plans.map(({ release }) => release))
  const [release] = releases.size === 1 ? releases : []
  const images = (side: 'from' | 'to') => [...new Set(plans.flatMap(({ artifacts }) => artifacts?.[side] ?? []))]
  const lost = [...new Set(plans.flatMap((plan) => plan.lost ?? []))]
  return {
    ...(release !== undefined && { release }),
    artifacts: { from: images('from'), to: images('to') },
    ...(lost.length > 0 && { lost }),
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
