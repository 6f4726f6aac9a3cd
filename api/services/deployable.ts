import { whyNotDeploy, type DeployRefusal } from '../../model/service/deploy.ts'
import { rollbackId } from '../../model/ids.ts'
import { freezesOf } from '../../model/triggers/settings.ts'
import { frozenAt } from '../../model/triggers/gate-settings.ts'
import type { Api } from '../context.ts'
import type { Place } from '../schemas/parameters.ts'
import type { DeployableDocument, DeployableQuery } from '../schemas/services.ts'
import { describe } from '../temporal/executions.ts'
import { readService } from './entity.ts'

/** Whether CI may deploy this now, and every reason why not. Throws where nobody answers: that is no yes. */
export async function readDeployable(
  api: Api,
  place: Place,
  { version, image }: DeployableQuery,
): Promise<DeployableDocument> {
  // The rollback is looked at first: one that ends in between has left word by the time that its service is asked.
  const running = await describe(api, rollbackId(place.environment, place.service))
  const state = await readService(api, place)
  const now = Date.now()
  const settings = api.configuration.triggers
  const frozen = settings && frozenAt(freezesOf(settings, place.environment), now)
  const images = image === undefined ? [] : [image].flat()
  const refusals: DeployRefusal[] = [
    ...(running?.open
      ? [
          {
            code: 'ROLLBACK_RUNNING' as const,
            text: `a rollback is running since ${new Date(running.startedAt).toISOString()}`,
          },
        ]
      : []),
    ...whyNotDeploy(state, { version, images }, now),
    ...(frozen ? [{ code: 'FROZEN' as const, text: frozen }] : []),
  ]
  return { deployable: refusals.length === 0, refusals }
}
