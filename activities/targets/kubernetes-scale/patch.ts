import type { CallContext, Move } from '../../../model/target.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { refused, unquoted } from '../../kubernetes/faults.ts'
import { read } from '../../kubernetes/objects.ts'
import { SCALED_BY, SCALED_FROM } from '../../kubernetes/scaled.ts'
import { type Scale, type ScaleState, written } from './state.ts'
import { asked, isSuspended, readWorkload, type Spot, type Workload, zeroOf } from './workload.ts'

const FIELD_MANAGER = 'unwind-scale'

interface Operation {
  op: 'test' | 'add' | 'remove'
  path: string
  value?: unknown
}

/**
 * The conditional write: only the same object, and only if nobody changed its spec since it was read. Answers `lost` when
 * somebody else's change came first. Throws TARGET_REJECTED for a real refusal; TARGET_UNREACHABLE leaves open whether
 * the write was done.
 */
export async function patch(
  workload: Workload,
  spot: Spot,
  scale: Scale,
  before: Scale | undefined,
  { connection, rollbackId, signal }: CallContext<Cluster>,
): Promise<Workload | 'lost'> {
  const marks = scale === zeroOf(spot) && before !== undefined ? marking(before, rollbackId) : undefined
  const body = operations(workload, spot, scale, marks)
  const path = `${spot.path}?fieldManager=${FIELD_MANAGER}&fieldValidation=Strict`
  const request = { method: 'PATCH', path, body, contentType: 'application/json-patch+json', signal } as const
  const answer = await connection.ask(request, asked('patch', spot))
  if (answer.status === 200) return read<Workload>(answer).object
  if ((answer.status === 422 || answer.status === 409) && (await moved(connection, workload, spot, signal)))
    return 'lost'
  throw refused(unquoted(answer), asked('patch', spot), connection.name)
}

function marking(before: Scale, rollbackId: string): Record<string, string> {
  return { [SCALED_FROM]: written(before), [SCALED_BY]: rollbackId }
}

/** The scale and our marks, and nothing else of the object. */
function operations(
  { metadata }: Workload,
  spot: Spot,
  scale: Scale,
  marks: Record<string, string> | undefined,
): Operation[] {
  const there = [SCALED_FROM, SCALED_BY].filter((key) => metadata.annotations?.[key] !== undefined)
  const at = (key: string) => `/metadata/annotations/${key.replaceAll('/', '~1')}`
  return [
    { op: 'test', path: '/metadata/uid', value: metadata.uid },
    { op: 'test', path: '/metadata/generation', value: metadata.generation },
    isSuspended(spot)
      ? { op: 'add', path: '/spec/suspend', value: scale === 'suspended' }
      : { op: 'add', path: '/spec/replicas', value: scale },
    ...(marks && !metadata.annotations ? [{ op: 'add', path: '/metadata/annotations', value: {} } as const] : []),
    ...(marks
      ? Object.entries(marks).map(([key, value]) => ({ op: 'add', path: at(key), value }) as const)
      : there.map((key) => ({ op: 'remove', path: at(key) }) as const)),
  ]
}

/** A failed `test` and an invalid object are both 422: only reading again tells them apart. */
async function moved(cluster: Cluster, { metadata }: Workload, spot: Spot, signal: AbortSignal): Promise<boolean> {
  const now = (await readWorkload(cluster, spot, signal)).metadata
  return now.uid !== metadata.uid || now.generation !== metadata.generation
}

/** The number that is to be there after a move: the one that was found when it was taken away, for one that is autoscaled. */
export function concrete({ from, to }: Move<ScaleState>, remembered: Scale | undefined): Scale | undefined {
  if (to.scale !== 'autoscaled') return to.scale
  return from.before !== undefined && from.before !== 'autoscaled' ? from.before : remembered
}
