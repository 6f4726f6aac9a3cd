import type { CallContext, Plan, Warning } from '../../../../model/target.ts'
import { readAutoscalers } from '../../../kubernetes/autoscalers.ts'
import type { Cluster } from '../../../kubernetes/connect.ts'
import { NOBODY_ASKED, tagWarnings } from '../../../kubernetes/images.ts'
import { notChecked, ownerOf, ownershipWarnings, readClaims, withoutHelm } from '../../../kubernetes/owner.ts'
import { changes } from '../diff.ts'
import { truthOf } from '../images.ts'
import { deniedWarnings, recordedIn } from '../ledger.ts'
import { checkReferences } from '../references.ts'
import { scaleWarnings } from '../scale.ts'
import { clientSideApply, leftWarnings, notKept } from '../warnings.ts'
import { choose, recorded, type RolloutChoice } from './choose.ts'
import type { RolloutRevision } from './revisions.ts'
import { holderOf } from './rollout.ts'
import type { ArgoRolloutsStep } from './schema.ts'
import { label, type Standing } from './standing.ts'
import { parseState, type RolloutState } from './state.ts'
import { wayThere } from './way.ts'

type Planned = Omit<Plan<RolloutState>, 'object' | 'limits'>

/** What an undo would do: which template goes back, and by which way it becomes stable. */
export async function planUndo(
  step: ArgoRolloutsStep,
  here: Standing,
  context: CallContext<Cluster>,
): Promise<Planned> {
  const { sight, current, from } = here
  const ledger = await context.ledger?.()
  const chosen = target(step, here, context, ledger)
  const { candidate } = chosen
  const there = candidate === current
  const full = step.promote === 'full' && !there && candidate.hash !== sight.rollout.status?.stableRS
  const to = there
    ? from
    : { ...from, replicaSet: candidate.name, podHash: candidate.hash, ...(full && { promoted: true }) }
  const { workload, namespace } = sight.spot
  const name = `${workload} in ${namespace}`
  const before = holderOf(sight).object.spec.template
  const way = wayThere(step, here, candidate)
  return {
    summary: there
      ? `${name} is at ${label(candidate)} already`
      : `${name}: ${current ? label(current) : 'a spec that its controller refuses'} → ${label(candidate)}`,
    from,
    to,
    changes: there ? [] : changes(current?.template ?? before, candidate.template),
    reversible: there ? true : reversible(here),
    warnings: [
      ...(await ownership(step, here, context)),
      ...(there ? [{ code: 'ALREADY_THERE', message: `${workload} is at this revision already` }] : []),
      ...chosen.warnings,
      ...(there ? [] : way.warnings),
      ...(await surroundings(step, here, candidate, context, ledger)),
    ],
    ...(!there && { impact: way.impact }),
    ...recordedIn(ledger, current?.images ?? [], candidate.images),
  }
}

type Ledger = Awaited<ReturnType<NonNullable<CallContext['ledger']>>>

function target(step: ArgoRolloutsStep, here: Standing, { towards }: CallContext, ledger: Ledger): RolloutChoice {
  const choices = { sight: here.sight, all: here.all, current: here.current, ledger }
  if (towards) return { candidate: recorded(parseState(towards), choices), warnings: [] }
  return choose(step.to, choices)
}

function reversible({ sight: { rollout, spot }, current }: Standing): Plan['reversible'] {
  const because = current
    ? notKept(rollout, spot)
    : 'no ReplicaSet keeps the present template: its controller refuses it'
  return because === undefined ? true : { because }
}

/** Of whatever holds the template, for that is what is written. A Helm release takes back nothing by itself. */
async function ownership(
  step: ArgoRolloutsStep,
  { sight }: Standing,
  { connection, signal }: CallContext<Cluster>,
): Promise<Warning[]> {
  const { spot, object } = holderOf(sight)
  const claims = await readClaims(connection, spot, signal)
  // Its own Rollout refers to the Deployment, and is who is asked.
  const owner = withoutHelm(ownerOf(spot.kind, object, { ...claims, rollouts: [] }))
  return [...ownershipWarnings(owner, spot.kind, spot, step.force), ...notChecked(claims.unread)]
}

async function surroundings(
  { force }: ArgoRolloutsStep,
  { sight, all, current }: Standing,
  candidate: RolloutRevision,
  { connection, signal }: CallContext<Cluster>,
  ledger: Ledger,
): Promise<Warning[]> {
  const there = candidate === current
  const { spot, rollout } = sight
  const forced = force !== undefined
  const [references, truth, autoscalers] = await Promise.all([
    checkReferences(connection, spot.namespace, candidate, signal),
    there ? NOBODY_ASKED : truthOf(candidate, { spot, ledger }, { cluster: connection, forced, signal }),
    readAutoscalers(connection, spot, signal),
  ])
  return [
    ...(there ? [] : leftWarnings(rollout, all, candidate)),
    ...(there ? [] : deniedWarnings(candidate, ledger)),
    ...scaleWarnings({ spec: rollout.spec }, spot, autoscalers ?? []),
    ...references.warnings,
    ...truth.warnings,
    ...tagWarnings(candidate.images, truth),
    ...clientSideApply(holderOf(sight).object),
    ...notChecked([...(autoscalers ? [] : ['horizontalpodautoscalers']), ...references.unread]),
  ]
}
