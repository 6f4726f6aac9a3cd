import { loadClientConnectConfig } from '@temporalio/envconfig'
import { UnwindError } from '../model/errors.ts'
import type { Env } from './paths.ts'

/** Where Temporal is. The options fit the client's `Connection` and the worker's `NativeConnection` alike. */
export interface TemporalPlace {
  connectionOptions: ReturnType<typeof loadClientConnectConfig>['connectionOptions'] & { address: string }
  namespace: string
}

/** Where Temporal's own tools look when nothing says otherwise. */
export const DEFAULT_ADDRESS = '127.0.0.1:7233'

/**
 * Reads TEMPORAL_* and the profile that Temporal's own CLI uses (TEMPORAL_PROFILE in temporal.toml). Nothing is connected.
 * Throws CONFIGURATION_INVALID, naming what to look at but none of the values, since one of them may be an API key.
 */
export function temporalPlace(env: Env = process.env): TemporalPlace {
  const set = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined)
  try {
    const { connectionOptions, namespace } = loadClientConnectConfig({ overrideEnvVars: Object.fromEntries(set) })
    const address = connectionOptions.address ?? DEFAULT_ADDRESS
    return { connectionOptions: { ...connectionOptions, address }, namespace: namespace ?? 'default' }
  } catch (cause) {
    const message =
      'the settings of the connection to Temporal are not valid; check the TEMPORAL_* variables and temporal.toml'
    throw new UnwindError('CONFIGURATION_INVALID', message, undefined, { cause })
  }
}
