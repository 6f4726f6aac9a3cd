import { defineTarget, type Target } from '../../../model/target.ts'
import { type Aws, connect } from '../../aws/connect.ts'
import { apply } from './apply.ts'
import { history, plan } from './plan.ts'
import { RdsPromoteStep } from './schema.ts'
import type { PromotionState } from './state.ts'
import { verify } from './verify.ts'

/** Promotion of an RDS instance: a candidate gets the name that applications know, and the old one is kept. */
export const rdsPromote = defineTarget({
  schema: RdsPromoteStep,
  connectionKind: 'aws',
  connect,
  history,
  // References in it are filled in before apply is called.
  plan: plan as unknown as Target<typeof RdsPromoteStep, PromotionState, Aws>['plan'],
  apply,
  verify,
})
