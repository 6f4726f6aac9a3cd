import { defineTarget } from '../../../model/target.ts'
import { connect } from '../../kubernetes/connect.ts'
import { apply } from './apply.ts'
import { history, plan } from './plan.ts'
import { KubernetesConfigStep } from './schema.ts'
import { verify } from './verify.ts'

const verbs = { connect, history, plan, apply, verify }

/** ConfigMaps and Secrets: back to what a copy in the cluster holds. */
export const kubernetesConfig = defineTarget({ schema: KubernetesConfigStep, connectionKind: 'kubernetes', ...verbs })
