import { defineTarget } from '../../../model/target.ts'
import type { FlagState } from '../../flags/flag.ts'
import { flagVerbs } from '../../flags/target.ts'
import { connect, type Unleash } from './connect.ts'
import { UnleashStep } from './schema.ts'
import { unleashSystem } from './system.ts'

/** Feature flags of Unleash: on and off per environment, the strategies exactly as they were. */
export const unleash = defineTarget<typeof UnleashStep, FlagState, Unleash>({
  schema: UnleashStep,
  connect,
  ...flagVerbs(unleashSystem),
})
