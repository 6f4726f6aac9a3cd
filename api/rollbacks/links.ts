import { rollbackId } from '../../model/ids.ts'
import type { Api } from '../context.ts'
import type { Place } from '../schemas/parameters.ts'

/** Where a rollback is read over HTTP: absolute when the configuration says where the API is reached. */
export function urlOf({ configuration }: Api, { environment, service }: Place, runId: string): string {
  const base = configuration.api.url?.replace(/\/$/, '') ?? ''
  return `${base}/v1/rollbacks/${environment}/${service}?run=${runId}`
}

/** Where the same run is seen in the Temporal UI, if the configuration names one. */
export function temporalUiOf(
  { configuration, client }: Api,
  { environment, service }: Place,
  runId: string,
): string | undefined {
  const base = configuration.api.temporalUi?.replace(/\/$/, '')
  if (!base) return undefined
  const workflow = encodeURIComponent(rollbackId(environment, service))
  return `${base}/namespaces/${encodeURIComponent(client.options.namespace)}/workflows/${workflow}/${runId}`
}
