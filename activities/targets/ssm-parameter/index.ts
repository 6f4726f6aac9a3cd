import { defineTarget } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import type { VersionState } from '../../versions/item.ts'
import { versionVerbs } from '../../versions/target.ts'
import { connect } from './connect.ts'
import { SsmParameterStep } from './schema.ts'
import { ssmSystem } from './system.ts'

/** Parameters of AWS Systems Manager: back to what an older version holds. */
export const ssmParameter = defineTarget<typeof SsmParameterStep, VersionState, Aws>({
  schema: SsmParameterStep,
  connectionKind: 'aws',
  connect,
  ...versionVerbs(ssmSystem),
})
