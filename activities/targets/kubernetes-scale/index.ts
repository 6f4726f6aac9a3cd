import { defineTarget } from '../../../model/target.ts'
import { connect } from '../../kubernetes/connect.ts'
import { apply } from './apply.ts'
import { history } from './history.ts'
import { plan } from './plan.ts'
import { KubernetesScaleStep } from './schema.ts'
import { verify } from './verify.ts'

/** Number of pods of a Deployment or StatefulSet, and whether a CronJob or a Job runs: to zero, and back to what was there. */
export const kubernetesScale = defineTarget({
  schema: KubernetesScaleStep,
  connectionKind: 'kubernetes',
  connect,
  history,
  plan,
  apply,
  verify,
})
