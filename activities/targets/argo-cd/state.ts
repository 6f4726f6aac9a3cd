import { canonical } from '../../../model/canonical.ts'
import { UnwindError } from '../../../model/errors.ts'
import type { State } from '../../../model/target.ts'
import { type Application, type Automated, type Content, deployedBy, sameContent } from '../../argo-cd/application.ts'
import type { Argo } from '../../argo-cd/connect.ts'
import type { Windows } from './project.ts'
import type { Hold } from './schema.ts'

/** What a rollback overwrites of an application. */
export interface ArgoState extends State, Content {
  /** The entry of the history; absent where it has none. */
  id?: number
  hold: Hold | 'none'
  automated: Automated
}

/** What a hold leaves on the application, so that others see why its auto-sync is off. */
export const HELD = 'unwind.dev/held'

/** The identity that is locked. */
export function objectOf({ origin, path }: Argo, { namespace, name }: Application): string {
  return `argo-cd/${new URL(origin).host}${path}/${namespace}/${name}`
}

/** Whether Argo CD syncs by itself; the switch has been there since 3.1, without it the block alone says so. */
export function isOn(automated: Automated): boolean {
  return automated !== null && automated['enabled'] !== false
}

/** The same policy with auto-sync off. */
export function switchedOff(automated: Automated): Automated {
  return automated === null ? null : { ...automated, enabled: false }
}

export function sameAutomated(one: Automated, other: Automated): boolean {
  return canonical(one) === canonical(other)
}

/** Which hold of ours is on an application. */
export function holdOn({ metadata, automated }: Application, windows: Windows | undefined): Hold | 'none' {
  if (windows?.own !== undefined) return 'window'
  return metadata.annotations?.[HELD] !== undefined && !isOn(automated) ? 'disable-auto-sync' : 'none'
}

/** Where an application is. Throws NO_ROLLBACK_TARGET where nothing was ever deployed. */
export function stateOf(application: Application, windows: Windows | undefined): ArgoState {
  const deployed = deployedBy(application)
  if (!deployed)
    throw new UnwindError('NO_ROLLBACK_TARGET', `${application.name} was never deployed: its history is empty`)
  const entry = deployed.complete ? application.history[0] : undefined
  return {
    ...{ revisions: deployed.revisions, source: deployed.source },
    ...(entry && { id: entry.id }),
    ...{ hold: holdOn(application, windows), automated: application.automated },
  }
}

/** Whether everything of a state is so. */
export function isAt(application: Application, windows: Windows | undefined, state: ArgoState): boolean {
  const deployed = deployedBy(application)
  return (
    deployed?.complete === true &&
    application.running === undefined &&
    sameContent(deployed, state) &&
    sameAutomated(application.automated, state.automated) &&
    holdOn(application, windows) === state.hold
  )
}

/** A state that was recorded by an earlier run. Throws INVALID_REQUEST when it is none of this target's. */
export function parseState(state: State): ArgoState {
  const { revisions, source, id, hold, automated } = state as Partial<ArgoState>
  if (!Array.isArray(revisions) || typeof source !== 'string' || hold === undefined)
    throw new UnwindError('INVALID_REQUEST', 'the recorded state is not one of an application of Argo CD')
  return { revisions, source, ...(id !== undefined && { id }), hold, automated: automated ?? null }
}
