import { UnwindError } from '../../../model/errors.ts'
import type { Again, CallContext, Move } from '../../../model/target.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { refused, unquoted } from '../../kubernetes/faults.ts'
import { COPY, keep } from './copies.ts'
import { asked, type Configuration, pathOf, requireObject, type Spot, spotOf } from './object.ts'
import type { KubernetesConfigStep } from './schema.ts'
import { type ConfigState, copyOf, isAt } from './state.ts'

/** Time to let whoever won a race finish before looking again. */
const RACE = 50
const FIELD_MANAGER = 'unwind-config'

/**
 * Keeps a copy of what is there, then overwrites it, on condition that nobody has written the object since it was read. The
 * write is tried first (dry run), so that a refusal leaves nothing behind.
 */
export async function apply(
  step: KubernetesConfigStep,
  { from, to }: Move<ConfigState>,
  context: CallContext<Cluster>,
): Promise<{ state: ConfigState } | Again> {
  const { connection, signal } = context
  const spot = spotOf(step)
  const [{ object }, left, wanted] = await Promise.all([
    requireObject(connection, spot, signal),
    copyOf(connection, spot, from, signal),
    copyOf(connection, spot, to, signal),
  ])
  if (isAt(object, to, wanted)) return { state: to }
  if (!isAt(object, from, left)) throw stale(object, spot, context)
  if (!wanted) throw gone(to, spot)
  if ((await patch(spot, object, wanted, context, true)) === 'lost') return lost(spot)
  if (!left) await keep(spot, object, context)
  return (await patch(spot, object, wanted, context, false)) === 'lost' ? lost(spot) : { state: to }
}

function lost({ title }: Spot): Again {
  return { again: RACE, doing: `somebody else changed ${title} meanwhile; reading it again` }
}

async function patch(
  spot: Spot,
  { metadata, data, binaryData }: Configuration,
  wanted: Configuration,
  { connection: cluster, rollbackId, signal }: CallContext<Cluster>,
  dry: boolean,
): Promise<'written' | 'lost'> {
  const annotation = `/metadata/annotations/${COPY.rollback.replace('/', '~1')}`
  const body = [
    { op: 'test', path: '/metadata/uid', value: metadata.uid },
    { op: 'test', path: '/metadata/resourceVersion', value: metadata.resourceVersion },
    ...field('/data', data, wanted.data),
    ...field('/binaryData', binaryData, wanted.binaryData),
    ...(metadata.annotations ? [] : [{ op: 'add', path: '/metadata/annotations', value: {} }]),
    { op: 'add', path: annotation, value: rollbackId },
  ]
  const path = `${pathOf(spot, metadata.name)}?fieldManager=${FIELD_MANAGER}&fieldValidation=Strict${dry ? '&dryRun=All' : ''}`
  const what = asked(spot, 'patch', metadata.name)
  const contentType = 'application/json-patch+json'
  const answer = await cluster.ask({ method: 'PATCH', path, body, contentType, signal }, what)
  if (answer.status === 200) return 'written'
  const raced = answer.status === 409 || answer.status === 422
  if (raced && (await moved(spot, metadata.resourceVersion, { cluster, signal }))) return 'lost'
  throw refused(unquoted(answer), what, cluster.name)
}

function field(path: string, has: object | undefined, wanted: object | undefined) {
  if (wanted) return [{ op: 'add', path, value: wanted }]
  return has ? [{ op: 'remove', path }] : []
}

/** A failed `test` and an invalid object are both 422, without a word on which: only reading again tells. */
async function moved(
  spot: Spot,
  version: string | undefined,
  { cluster, signal }: { cluster: Cluster; signal: AbortSignal },
): Promise<boolean> {
  return (await requireObject(cluster, spot, signal)).object.metadata.resourceVersion !== version
}

function stale({ metadata }: Configuration, { title, namespace }: Spot, { rollbackId }: CallContext): UnwindError {
  const untouched = metadata.annotations?.[COPY.rollback] !== rollbackId
  const message = `${title} in ${namespace} holds neither what was planned from nor what was planned; what somebody wrote is kept. Plan again`
  return new UnwindError('PLAN_STALE', message, { untouched })
}

function gone({ copy }: ConfigState, { title, namespace }: Spot): UnwindError {
  const message = `the copy ${copy} of ${title} is not in ${namespace} any more; write the old content by hand`
  return new UnwindError('NO_ROLLBACK_TARGET', message)
}
