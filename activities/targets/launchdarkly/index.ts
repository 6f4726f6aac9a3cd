import { defineTarget } from '../../../model/target.ts'
import type { FlagState } from '../../flags/flag.ts'
import { flagVerbs } from '../../flags/target.ts'
import { connect, type LaunchDarkly } from './connect.ts'
import { LaunchDarklyStep } from './schema.ts'
import { launchDarklySystem } from './system.ts'

/** Feature flags of LaunchDarkly: on and off per environment, the rules as they are. */
export const launchdarkly = defineTarget<typeof LaunchDarklyStep, FlagState, LaunchDarkly>({
  schema: LaunchDarklyStep,
  connect,
  ...flagVerbs(launchDarklySystem),
})
