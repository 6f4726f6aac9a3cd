import type { CallContext } from '../../../model/target.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { mask } from '../../kubernetes/shown.ts'
import { hiddenValues } from './diff.ts'
import { errors, UnwindError } from '../../../model/errors.ts'
import { clip, refused, statusMessage } from '../../kubernetes/faults.ts'
import { read } from '../../kubernetes/objects.ts'
import type { Answer } from '../../kubernetes/request.ts'
import { LEFT } from './candidate.ts'
import type { Spot } from '../../kubernetes/workloads.ts'
import { asked, readWorkload, type Template, type Workload } from './objects.ts'
import { templateHash } from './template.ts'

/** The annotation that says which rollback wrote last. */
export const ROLLBACK_ID = 'unwind.dev/rollback-id'
/** Shown by `kubectl rollout history` of a Deployment; its controller copies it to the ReplicaSet. */
const CHANGE_CAUSE = 'kubernetes.io/change-cause'
/** The manager under which the API server records our writes, and their time. */
export const FIELD_MANAGER = 'unwind'

/** One operation of a JSON Patch (RFC 6902). */
export interface Operation {
  op: 'test' | 'add' | 'replace'
  path: string
  value: unknown
}

/** What a write changes; an absent field stays as it is. */
export interface Change {
  template?: Template
  paused?: boolean
  /** Names of what keeps the templates left and gone to; of the left ones perhaps several, by commas. */
  left: string | null
  towards: string | null
}

/** A write, and what is known of the one before. */
export interface Write {
  body: Operation[]
  /** The templates before and after, whose hidden values must not be quoted from a refusal. */
  templates: Template[]
  /** Whether the workload bore no mark of this rollback when it was read. */
  first: boolean
}

/**
 * The conditional write: only if the object is the same one and nobody changed its spec since it was read. Generation
 * and not resourceVersion, which a failing rollout moves every second by its status. Of the annotations only ours are
 * touched, one by one; kubectl puts back all those of the old ReplicaSet and so deletes what was added since.
 */
export function operations(
  { metadata }: Workload,
  change: Change,
  context: Pick<CallContext, 'rollbackId' | 'actor' | 'reason'>,
): Operation[] {
  const cause = clip(`rollback ${context.rollbackId} to ${change.towards} by ${context.actor}: ${context.reason}`)
  const marks = {
    [ROLLBACK_ID]: context.rollbackId,
    [CHANGE_CAUSE]: cause,
    ...(change.left && { [LEFT]: change.left }),
  }
  return [
    { op: 'test', path: '/metadata/uid', value: metadata.uid },
    { op: 'test', path: '/metadata/generation', value: metadata.generation },
    ...(change.template ? [{ op: 'replace', path: '/spec/template', value: change.template } as const] : []),
    ...(change.paused === undefined ? [] : [{ op: 'add', path: '/spec/paused', value: change.paused } as const]),
    ...(metadata.annotations ? [] : [{ op: 'add', path: '/metadata/annotations', value: {} } as const]),
    ...Object.entries(marks).map(([key, value]) => {
      return { op: 'add', path: `/metadata/annotations/${key.replaceAll('/', '~1')}`, value } as const
    }),
  ]
}

/**
 * First with dryRun, so that admission has its say before anything changes, then for real. Answers the workload as it
 * was written, or `lost` when somebody else's change came first. Throws TARGET_REJECTED for a real refusal, its message
 * free of the values that the templates keep hidden; TARGET_UNREACHABLE leaves open whether the write was done.
 */
export async function patch(
  cluster: Cluster,
  spot: Spot,
  write: Write,
  signal: AbortSignal,
): Promise<Workload | 'lost'> {
  const { body } = write
  const send = (dryRun: string) => {
    const query = `fieldManager=${FIELD_MANAGER}&fieldValidation=Strict${dryRun}`
    const path = `${spot.path}?${query}`
    return cluster.ask(
      { method: 'PATCH', path, body, contentType: 'application/json-patch+json', signal },
      asked('patch', spot),
    )
  }
  for (const dryRun of ['&dryRun=All', '']) {
    const answer = await send(dryRun)
    if (answer.status === 200) {
      const { object } = read<Workload>(answer)
      if (dryRun) requireUnchanged(object, write, spot)
      else return object
      continue
    }
    if ((answer.status === 422 || answer.status === 409) && (await moved(cluster, spot, body, signal))) return 'lost'
    const error = refused(masked(answer, write.templates), asked('patch', spot), cluster.name)
    throw dryRun && write.first ? untouched(error) : error
  }
  return 'lost'
}

/**
 * A failed `test` and an invalid object are both 422, without a word on which (apiserver patch.go): only reading again
 * tells them apart.
 */
async function moved(cluster: Cluster, spot: Spot, body: Operation[], signal: AbortSignal): Promise<boolean> {
  const { object } = await readWorkload(cluster, spot, signal)
  const expected = (path: string) => body.find((operation) => operation.op === 'test' && operation.path === path)?.value
  return (
    object.metadata.uid !== expected('/metadata/uid') || object.metadata.generation !== expected('/metadata/generation')
  )
}

/** An admission plug-in that rewrites the template would make it neither the old release nor the present one. */
function requireUnchanged(dry: Workload, { body, first }: Write, { workload }: Spot): void {
  const template = body.find(({ path }) => path === '/spec/template')?.value as Template | undefined
  if (!template || templateHash(dry.spec.template) === templateHash(template)) return
  const error = new UnwindError(
    'TARGET_REJECTED',
    `an admission webhook rewrites the pod template of ${workload}, so the recorded one can't be restored; exempt the account of Unwind or deploy a good release forward`,
  )
  throw first ? untouched(error) : error
}

/** Swears that this rollback has written nothing. A server that only did not answer may have taken an earlier write. */
function untouched(error: UnwindError): UnwindError {
  const { code, message, facts } = error
  return errors[code].retryable ? error : new UnwindError(code, message, { ...facts, untouched: true })
}

function masked(answer: Answer, templates: Template[]): Answer {
  return { ...answer, body: { message: mask(statusMessage(answer), hiddenValues(...templates)) } }
}
