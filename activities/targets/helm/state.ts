import { UnwindError } from '../../../model/errors.ts'
import type { State } from '../../../model/target.ts'
import type { Place } from '../../kubernetes/objects.ts'
import type { ReleaseRecord } from './records.ts'
import type { HelmStep } from './schema.ts'

/**
 * A revision of a release: the record that Helm keeps of it, by uid. Helm never writes another manifest into a record, so
 * the uid stands for the content, and no hash of a manifest that holds Secrets leaves the worker.
 */
export interface HelmState extends State {
  record: string
  revision: number
  /** Name and version of the chart, for those who read the state. */
  chart: string
}

/** The manifest that grants the rights. */
export const RIGHTS = 'docs/rbac/helm/operator.yaml'

/** The release that a step names. Throws INVALID_REQUEST when neither step nor environment gives a namespace. */
export function placeOf({ release, namespace }: HelmStep): Place {
  if (namespace) return { namespace, name: release }
  throw new UnwindError(
    'INVALID_REQUEST',
    `release ${release} has no namespace; set one in the step or as the default of the environment`,
  )
}

/** The state that a record stands for. */
export function stateOf({ uid, revision, chart }: ReleaseRecord): HelmState {
  return { record: uid, revision, chart: `${chart.name} ${chart.version}` }
}

/** A state that was recorded by an earlier run, or INVALID_REQUEST when it is none of this target's. */
export function parseState({ record, revision, chart }: State): HelmState {
  if (typeof record === 'string' && typeof revision === 'number' && typeof chart === 'string')
    return { record, revision, chart }
  throw new UnwindError('INVALID_REQUEST', 'the recorded state is not one of a Helm release')
}
