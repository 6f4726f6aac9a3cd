import { defineTarget, type Target } from '../../../model/target.ts'
import { type Aws, connect } from '../../aws/connect.ts'
import { apply } from './apply.ts'
import { history, plan } from './plan.ts'
import { RdsOpenStep } from './schema.ts'
import type { OpenState } from './state.ts'
import { verify } from './verify.ts'

/** The point of no return of a promotion: applications reach the new database and write to it. */
export const rdsOpen = defineTarget({
  schema: RdsOpenStep,
  connectionKind: 'aws',
  connect,
  history,
  // References in it are filled in before apply is called.
  plan: plan as unknown as Target<typeof RdsOpenStep, OpenState, Aws>['plan'],
  apply,
  verify,
})
