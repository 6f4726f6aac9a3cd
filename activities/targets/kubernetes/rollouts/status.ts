import type { CallContext } from '../../../../model/target.ts'
import { UnwindError } from '../../../../model/errors.ts'
import type { Cluster } from '../../../kubernetes/connect.ts'
import { refused, unquoted } from '../../../kubernetes/faults.ts'
import { asked } from '../objects.ts'
import { FIELD_MANAGER, type Operation } from '../patch.ts'
import { look, type Sight } from './rollout.ts'

/** What people set in the status of a Rollout, as `kubectl argo rollouts abort`, `retry` and `promote --full` do. */
export type Word = { abort: boolean } | { promoteFull: true }

/**
 * Only of the same object, its spec and its revision as they were read: kubectl's own patch has no condition, so one that
 * comes late hits another update. Answers `lost` when something of it changed first. Throws TARGET_FORBIDDEN, TARGET_REJECTED.
 */
export async function patchStatus(
  sight: Sight,
  word: Word,
  { connection, signal }: CallContext<Cluster>,
): Promise<'written' | 'lost'> {
  const { spot } = sight
  const status = { ...spot, resource: `${spot.resource.replace('.', '/status.')}` }
  const path = `${spot.path}/status?fieldManager=${FIELD_MANAGER}`
  const body = operations(sight, word)
  const request = { method: 'PATCH', path, body, contentType: 'application/json-patch+json', signal } as const
  const answer = await connection.ask(request, asked('patch', status))
  if (answer.status === 200) return 'written'
  if ((answer.status === 422 || answer.status === 409) && (await moved(sight, connection, signal))) return 'lost'
  throw refused(unquoted(answer), asked('patch', status), connection.name)
}

function operations({ rollout: { metadata, status = {} } }: Sight, word: Word): Operation[] {
  const tests = [
    ['/metadata/uid', metadata.uid],
    ['/metadata/generation', metadata.generation],
    ['/status/currentPodHash', status.currentPodHash],
    ...(status.stableRS === undefined ? [] : [['/status/stableRS', status.stableRS]]),
  ]
  return [
    ...tests.map(([path, value]) => ({ op: 'test', path: String(path), value }) as const),
    ...Object.entries(word).map(([field, value]) => ({ op: 'add', path: `/status/${field}`, value }) as const),
  ]
}

/** A failed `test` and an invalid object are both 422: only reading again tells them apart. */
async function moved(before: Sight, connection: Cluster, signal: AbortSignal): Promise<boolean> {
  const seen = ({ rollout: { metadata, status = {} } }: Sight) =>
    JSON.stringify([metadata.uid, metadata.generation, status.currentPodHash, status.stableRS])
  try {
    return seen(await look(connection, before.spot, signal)) !== seen(before)
  } catch (error) {
    if (error instanceof UnwindError && error.code === 'TARGET_NOT_FOUND') return true
    throw error
  }
}
