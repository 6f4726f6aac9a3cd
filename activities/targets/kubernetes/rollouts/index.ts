import { defineTarget } from '../../../../model/target.ts'
import { connect } from '../../../kubernetes/connect.ts'
import { apply } from './apply.ts'
import { history } from './history.ts'
import { plan } from './plan.ts'
import { ArgoRolloutsStep } from './schema.ts'
import { verify } from './verify.ts'

/** Rollouts of Argo Rollouts: undo by the ReplicaSets that they keep, abort, retry and full promotion. */
export const argoRollouts = defineTarget({
  schema: ArgoRolloutsStep,
  connectionKind: 'kubernetes',
  connect,
  history,
  plan,
  apply,
  verify,
})
