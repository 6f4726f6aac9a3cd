import { defineTarget } from '../../../model/target.ts'
import { connect } from '../../aws/connect.ts'
import { apply } from './apply.ts'
import { history, plan } from './plan.ts'
import { RdsCleanupStep } from './schema.ts'
import { verify } from './verify.ts'

const verbs = { connect, history, plan, apply, verify }

/** What promotions have left aside: deleted by a run of its own, with a final snapshot. */
export const rdsCleanup = defineTarget({ schema: RdsCleanupStep, connectionKind: 'aws', ...verbs })
