import { defineTarget } from '../../../model/target.ts'
import { connect } from '../../kubernetes/connect.ts'
import { apply } from './apply.ts'
import { history } from './history.ts'
import { plan } from './plan.ts'
import { HelmStep } from './schema.ts'
import { verify } from './verify.ts'

/** Releases of Helm: taken back to an earlier revision by helm itself, planned and proven by what it keeps. */
export const helm = defineTarget({
  schema: HelmStep,
  connectionKind: 'kubernetes',
  connect,
  history,
  plan,
  apply,
  verify,
})
