import { defineTarget } from '../../../model/target.ts'
import { connect } from '../../aws/connect.ts'
import { apply } from './apply.ts'
import { history, plan } from './plan.ts'
import { RdsRestoreStep } from './schema.ts'
import { verify } from './verify.ts'

const verbs = { connect, history, plan, apply, verify }

/** Point-in-time restores of RDS instances, into a new instance beside the old one. */
export const rdsRestore = defineTarget({ schema: RdsRestoreStep, connectionKind: 'aws', ...verbs })
