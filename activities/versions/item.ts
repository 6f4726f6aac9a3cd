import { UnwindError } from '../../model/errors.ts'
import type { CallContext, State, Warning } from '../../model/target.ts'
import { type Content, sameContent } from './content.ts'

/** One version of a piece of configuration, as its system counts it. */
export interface Version {
  version: number
  /** When it was written, in ISO 8601 as the system says it. */
  at: string
  labels: readonly string[]
  /** Who wrote it, where the system tells. */
  by?: string
  /** Why nobody can go back to it, where that is so: it was deleted or destroyed. */
  gone?: string
}

/** A piece of configuration in a system that keeps its versions. */
export interface Item {
  /** In words: `parameter /shop/url`. */
  name: string
  /** Its identity, for the lock. */
  object: string
  /** Newest first; the first is the present one. */
  versions: readonly Version[]
  /** What a version holds. Throws what reading it throws; undefined when it is not kept any more. */
  content(version: number): Promise<Content | undefined>
  /** What manages it and would write it anew. */
  owner?: string
  warnings: readonly Warning[]
}

/** What a system that keeps versions has to be able to do; errors are those of the closed table. */
export interface VersionSystem<Step> {
  /** Throws TARGET_NOT_FOUND where there is no such thing. */
  read(step: Step, context: CallContext): Promise<Item>
  /** Writes what an older version holds as the newest one; `lost` when somebody else's version came first. */
  write(step: Step, old: Version, present: Version, item: Item, context: CallContext): Promise<'written' | 'lost'>
}

/**
 * A version by its number and time: systems count anew where something was deleted and made again. It stands for its content,
 * so no hash of that is needed.
 */
export interface VersionState extends State {
  /** The name of the item: its system may move to another address. */
  of: string
  version: number
  at: string
}

/** The state that a version stands for. */
export function stateOf({ name }: Item, { version, at }: Version): VersionState {
  return { of: name, version, at }
}

/** A state that was recorded by an earlier run. Throws INVALID_REQUEST when it is none of this. */
export function parseState({ of, version, at }: State, { name }: Item): VersionState {
  if (of === name && typeof version === 'number' && typeof at === 'string') return { of: name, version, at }
  throw new UnwindError('INVALID_REQUEST', `the recorded state is not one of ${name}`)
}

/** The present version. Throws TARGET_REJECTED where that one was deleted: there is nothing that one could come back to. */
export function presentOf({ name, versions: [present] }: Item): Version {
  if (present && present.gone === undefined) return present
  throw new UnwindError(
    'TARGET_REJECTED',
    `the present version of ${name} was ${present?.gone ?? 'deleted'}; put it back in its own system first`,
  )
}

/** The version of a state; undefined when it is not kept any more. */
export function keptOf({ versions }: Item, state: VersionState): Version | undefined {
  return versions.find(({ version, at, gone }) => version === state.version && at === state.at && gone === undefined)
}

/** Whether the present version is that one, or holds the same. */
export async function isAt(item: Item, state: VersionState): Promise<boolean> {
  const present = presentOf(item)
  if (present.version === state.version && present.at === state.at) return true
  const kept = keptOf(item, state)
  if (!kept) return false
  const [here, there] = await Promise.all([item.content(present.version), item.content(kept.version)])
  return here !== undefined && there !== undefined && sameContent(here, there)
}
