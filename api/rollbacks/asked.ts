import { measurements } from '../../activities/checks/schemas.ts'
import { runbookNamed } from '../../config/runbooks/library.ts'
import { compile } from '../../model/compile.ts'
import type { Actor } from '../../model/policy.ts'
import type { RunInput } from '../../model/run.ts'
import { compileRunbook } from '../../model/runbook/compile.ts'
import type { LoadedRunbook } from '../../model/runbook/loaded.ts'
import type { Api } from '../context.ts'
import type { AskedRequest, Place } from '../schemas/parameters.ts'

/** What a request is about, with the runbook that it names as it stands now. */
export interface AskedPlace {
  place: Place
  loaded?: LoadedRunbook
  others?: ReadonlyMap<string, LoadedRunbook>
}

/** Where the rollback would run. A runbook names its service itself, so it is read. Throws NOT_FOUND, INVALID_REQUEST. */
export async function placeAsked(api: Api, asked: AskedRequest): Promise<AskedPlace> {
  const { environment } = asked
  if (!('runbook' in asked)) return { place: { environment, service: asked.service } }
  const library = await api.library()
  const loaded = runbookNamed(library, asked.runbook)
  return { place: { environment, service: loaded.runbook.metadata.service }, loaded, others: library.runbooks }
}

/** The input of the run that was asked for. Throws INVALID_REQUEST, FORBIDDEN. */
export function compileAsked(api: Api, asked: AskedRequest, { loaded, others }: AskedPlace, actor: Actor): RunInput {
  const { configuration, kinds } = api
  if (!('runbook' in asked) || !loaded) return compile(asked as never, configuration, kinds, actor)
  return compileRunbook(loaded, asked, { configuration, kinds, measurements, others }, actor)
}
