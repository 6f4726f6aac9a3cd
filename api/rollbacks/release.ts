import { lastGoodOf, ledgerOf } from '../../model/service/facts.ts'
import { whyNotValue } from '../../model/runbook/parameters.ts'
import type { LoadedRunbook } from '../../model/runbook/loaded.ts'
import type { Api } from '../context.ts'
import type { AskedRequest, Place } from '../schemas/parameters.ts'
import { readService } from '../services/entity.ts'

/**
 * The request with its release by name: `last-good` is looked up in the ledger once, so that every step and every later
 * plan of the run goes to the same one. Where the ledger knows of none, or does not answer, the word stays as it is: each
 * step then looks for itself, and says that nothing has shown it to be good.
 */
export async function withRelease<Asked extends AskedRequest>(
  api: Api,
  asked: Asked,
  { place, loaded }: { place: Place; loaded?: LoadedRunbook },
): Promise<Asked> {
  const declared = Object.entries(loaded?.runbook.parameters ?? {}).find(([, { type }]) => type === 'release')
  if (!declared || !('runbook' in asked)) return asked
  const [name, parameter] = declared
  if ((asked.parameters?.[name] ?? parameter.default) !== 'last-good') return asked
  const state = await readService(api, place).catch(() => undefined)
  const release = state && lastGoodOf(ledgerOf(state))
  // A version of digits only would be read as the number of a revision.
  const fits = release && !/^\d+$/.test(release.version) && !whyNotValue(parameter, release.version)
  return fits ? { ...asked, parameters: { ...asked.parameters, [name]: release.version } } : asked
}
