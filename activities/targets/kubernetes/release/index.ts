import { defineTarget } from '../../../../model/target.ts'
import { connect } from '../../../kubernetes/connect.ts'
import { apply } from './apply.ts'
import { history } from './history.ts'
import { plan } from './plan.ts'
import { KubernetesReleaseStep } from './schema.ts'
import { verify } from './verify.ts'

/** Several workloads of one release, taken back one after another, and together if that fails. */
export const kubernetesRelease = defineTarget({
  schema: KubernetesReleaseStep,
  connectionKind: 'kubernetes',
  connect,
  history,
  plan,
  apply,
  verify,
})
