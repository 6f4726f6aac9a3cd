import { defineTarget } from '../../../model/target.ts'
import { connect } from '../../aws/connect.ts'
import { apply } from './apply.ts'
import { history, plan } from './plan.ts'
import { RdsSnapshotStep } from './schema.ts'
import { verify } from './verify.ts'

const verbs = { connect, history, plan, apply, verify }

/** Snapshots of RDS instances and of clusters of Aurora: a named copy of the present state, before something risky. */
export const rdsSnapshot = defineTarget({ schema: RdsSnapshotStep, connectionKind: 'aws', ...verbs })
