import { UnwindError } from '../../../../model/errors.ts'
import type { CallContext, Plan } from '../../../../model/target.ts'
import type { Cluster } from '../../../kubernetes/connect.ts'
import { objectOf } from '../objects.ts'
import type { ArgoRolloutsStep } from './schema.ts'
import { measured } from './analysis.ts'
import { limits } from './limits.ts'
import { planAction } from './plan-action.ts'
import { planUndo } from './plan-undo.ts'
import { readRevisions } from './revisions.ts'
import { holderOf, invalidity, isObserved, look, type Sight, spotOf } from './rollout.ts'
import { parseState, type RolloutState } from './state.ts'
import type { Standing } from './standing.ts'

/** Where the Rollout stands, where it would go, and what one should know before. Reads only. */
export async function plan(step: ArgoRolloutsStep, context: CallContext<Cluster>): Promise<Plan<RolloutState>> {
  const { connection, signal } = context
  const [sight, cluster] = await Promise.all([look(connection, spotOf(step), signal), connection.identity(signal)])
  const here = await standing(sight, context)
  const [planned, analysis] = await Promise.all([
    step.action === 'undo' ? planUndo(step, here, context) : planAction(step, here, context),
    measured(sight, context),
  ])
  const writes = step.action === 'undo' && sight.deployment
  return {
    object: objectOf(cluster, sight.spot),
    ...(writes && { also: [objectOf(cluster, holderOf(sight).spot)] }),
    ...planned,
    warnings: [...planned.warnings, ...analysis.warnings],
    impact: [...(planned.impact ?? []), ...analysis.lines],
    limits: limits(sight, step),
  }
}

/**
 * The present revision: what an earlier step of the run leaves, else what the controller says. Throws TARGET_UNREACHABLE
 * while its status is about an earlier template, TARGET_PAUSED where nothing would move.
 */
async function standing(sight: Sight, { connection, signal, assumed }: CallContext<Cluster>): Promise<Standing> {
  const { rollout, spot } = sight
  if (!isObserved(sight))
    throw new UnwindError(
      'TARGET_UNREACHABLE',
      `the controller of Argo Rollouts has not observed the present template of ${spot.workload} yet; is it running? If it is, it may have overlooked the change: kubectl annotate rollout ${spot.name} -n ${spot.namespace} touched=$(date +%s)`,
      { observed: rollout.status?.observedGeneration ?? null, generation: rollout.metadata.generation },
    )
  if (rollout.spec.paused === true)
    throw new UnwindError(
      'TARGET_PAUSED',
      `${spot.workload} in ${spot.namespace} is paused (spec.paused), so nothing of it would move; resume it first: kubectl argo rollouts promote ${spot.name} -n ${spot.namespace}`,
    )
  const all = await readRevisions(connection, sight, signal)
  const hash = invalidity(rollout) === undefined ? rollout.status?.currentPodHash : undefined
  const state = assumed ? parseState(assumed) : undefined
  const current = all.find((one) => one.hash !== '' && one.hash === (state ? state.podHash : hash))
  if (!current && invalidity(rollout) === undefined)
    throw new UnwindError(
      'TARGET_UNREACHABLE',
      `${spot.workload} has no ReplicaSet for its present template yet; is the controller of Argo Rollouts running?`,
    )
  const { uid } = rollout.metadata
  const from: RolloutState = { uid, replicaSet: current?.name ?? null, podHash: current?.hash ?? null }
  return { sight, all, current, from, aborted: state?.aborted ?? rollout.status?.abort === true }
}
