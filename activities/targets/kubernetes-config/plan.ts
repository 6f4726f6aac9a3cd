import { UnwindError } from '../../../model/errors.ts'
import type { CallContext, Plan, Revision, Warning } from '../../../model/target.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { ownerOf, ownershipWarnings } from '../../kubernetes/owner.ts'
import { changesOf, sameContent } from '../../versions/content.ts'
import { choose, type Copy } from './choose.ts'
import { copyName, listCopies, readCopy } from './copies.ts'
import { type Configuration, contentOf, requireObject, requireSettled, type Spot, spotOf } from './object.ts'
import type { KubernetesConfigStep } from './schema.ts'
import { type ConfigState, copyOf, parseState } from './state.ts'

const LIMITS = { apply: 60_000, verify: 60_000 }
/** The newest copies are looked into; older ones are found by their name or release no more. */
const COPIES = 20
/** Nothing but Flagger and Rollouts claims an object from outside, and those claim workloads. */
const NO_CLAIMS = { flagger: [], rollouts: [], unread: [] }

/** What one could go back to: the copies that are kept, newest first. */
export async function history(step: KubernetesConfigStep, context: CallContext<Cluster>): Promise<Revision[]> {
  const { connection, signal } = context
  const spot = spotOf(step)
  const [{ object: live }, copies] = await Promise.all([
    requireObject(connection, spot, signal),
    readCopies(connection, spot, signal),
  ])
  return copies.map(({ name, createdAt, release, left, object }) => ({
    ...{ id: name, title: `${spot.title} as ${name} holds it`, createdAt, verified: false },
    current: sameContent(contentOf(object), contentOf(live)),
    details: { ...(release !== undefined && { release }), ...(left && { left: 'by a rollback' }) },
  }))
}

/** Where the object stands, which copy it would go back to, and which keys change. Reads only. */
export async function plan(step: KubernetesConfigStep, context: CallContext<Cluster>): Promise<Plan<ConfigState>> {
  const { connection, signal, towards, assumed } = context
  const spot = spotOf(step)
  const [found, identity, copies, ledger] = await Promise.all([
    requireObject(connection, spot, signal),
    connection.identity(signal),
    readCopies(connection, spot, signal),
    context.ledger?.(),
  ])
  const live = found.object
  requireSettled(found, spot)
  const owned = ownershipWarnings(ownerOf(spot.kind, live, NO_CLAIMS), spot.kind, spot, step.force)
  const choice = towards
    ? { copy: await recorded(towards, live, spot, context), warnings: [] }
    : choose(step.to, { spot, live, copies, ledger })
  const here = assumed ? (await recorded(assumed, live, spot, context)).object : live
  const there = sameContent(contentOf(here), contentOf(choice.copy.object))
  if (!there) requireWritable(live, choice.copy.object, spot)
  const from = assumed ? parseState(assumed) : stateOf(live, copies)
  return {
    summary: summary(spot, choice.copy, there),
    object: `kubernetes/${identity}/${spot.namespace}/${spot.title}`,
    from,
    to: there ? from : { uid: live.metadata.uid, copy: choice.copy.name, copyUid: choice.copy.uid },
    changes: changesOf(contentOf(here), contentOf(choice.copy.object)),
    reversible: true,
    warnings: [...owned, ...(there ? [alreadyThere(spot)] : []), ...choice.warnings],
    limits: LIMITS,
    ...(!there && { impact: IMPACT }),
    ...(choice.copy.release !== undefined && { release: choice.copy.release }),
  }
}

const IMPACT = [
  'pods that read it as environment keep the old values until they start anew; mounted files follow within about a minute, those of a subPath never',
]

/** A copy that holds the present content stands for it; else one is made before the content is overwritten. */
function stateOf(live: Configuration, copies: readonly Copy[]): ConfigState {
  const copy = copies.find(({ object }) => sameContent(contentOf(object), contentOf(live)))
  const { uid } = live.metadata
  return copy ? { uid, copy: copy.name, copyUid: copy.uid } : { uid, copy: copyName(live), copyUid: null }
}

async function readCopies(cluster: Cluster, spot: Spot, signal: AbortSignal): Promise<Copy[]> {
  const listed = (await listCopies(cluster, spot, signal)).slice(0, COPIES)
  const objects = await Promise.all(listed.map((copy) => readCopy(cluster, spot, copy, signal)))
  return listed.flatMap((copy, index) => {
    const object = objects[index]
    return object ? [{ ...copy, object }] : []
  })
}

/** The copy of a state that an earlier run or step recorded. Throws NO_ROLLBACK_TARGET when it is not there any more. */
async function recorded(
  given: Record<string, unknown>,
  live: Configuration,
  spot: Spot,
  { connection, signal }: CallContext<Cluster>,
): Promise<Copy> {
  const state = parseState(given)
  const object = await copyOf(connection, spot, state, signal)
  const same = state.copyUid === null && state.copy === copyName(live) ? live : undefined
  const found = object ?? same
  if (found && state.uid === live.metadata.uid) {
    const { uid, creationTimestamp = '' } = found.metadata
    return { name: state.copy, uid: object ? uid : '', createdAt: creationTimestamp, left: false, object: found }
  }
  throw new UnwindError(
    'NO_ROLLBACK_TARGET',
    `the copy ${state.copy} of ${spot.title} is not in ${spot.namespace} any more, or the object was made anew; write the old content by hand`,
  )
}

/** Neither an immutable object nor the type of a Secret can be changed in place. */
function requireWritable(live: Configuration, copy: Configuration, { title }: Spot): void {
  if (live.immutable === true) {
    const message = `${title} is immutable, so its content is the one that it was made with; go back to the template of the workload that names another one`
    throw new UnwindError('TARGET_REJECTED', message)
  }
  if ((live.type ?? 'Opaque') === (copy.type ?? 'Opaque')) return
  throw new UnwindError('TARGET_REJECTED', `${title} and its copy are Secrets of different types; name another copy`)
}

function alreadyThere({ title }: Spot): Warning {
  return { code: 'ALREADY_THERE', message: `${title} holds this already` }
}

function summary({ title, namespace }: Spot, { name, release, createdAt }: Copy, there: boolean): string {
  const of = release === undefined ? '' : `, of release ${release}`
  const copy = `what ${name} holds (kept at ${createdAt}${of})`
  return there ? `${title} in ${namespace} holds ${copy} already` : `${title} in ${namespace} → ${copy}`
}
