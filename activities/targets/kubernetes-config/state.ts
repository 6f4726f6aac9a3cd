import { UnwindError } from '../../../model/errors.ts'
import type { State } from '../../../model/target.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { sameContent } from '../../versions/content.ts'
import { copyName, readCopy } from './copies.ts'
import { type Configuration, contentOf, type Spot } from './object.ts'

/**
 * A content of an object, by the copy that holds it: copies can't be changed. One that is still to be made has no uid yet, and
 * its name says which writing of the object it is of.
 */
export interface ConfigState extends State {
  uid: string
  copy: string
  copyUid: string | null
}

/** A state that was recorded by an earlier run, or INVALID_REQUEST when it is none of this target's. */
export function parseState({ uid, copy, copyUid }: State): ConfigState {
  if (typeof uid === 'string' && typeof copy === 'string' && (typeof copyUid === 'string' || copyUid === null))
    return { uid, copy, copyUid }
  throw new UnwindError('INVALID_REQUEST', 'the recorded state is not one of a ConfigMap or Secret')
}

/** The copy of a state; undefined when it is not there (any more). */
export function copyOf(cluster: Cluster, spot: Spot, { copy, copyUid }: ConfigState, signal: AbortSignal) {
  return readCopy(cluster, spot, { name: copy, uid: copyUid }, signal)
}

/** Whether the object holds that content: as its copy does, or because nobody has written it since the state was recorded. */
export function isAt(object: Configuration, state: ConfigState, copy: Configuration | undefined): boolean {
  if (object.metadata.uid !== state.uid) return false
  return copy ? sameContent(contentOf(object), contentOf(copy)) : state.copy === copyName(object)
}
