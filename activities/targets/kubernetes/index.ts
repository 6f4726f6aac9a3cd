import { defineTarget } from '../../../model/target.ts'
import { apply } from './apply.ts'
import { connect } from '../../kubernetes/connect.ts'
import { enforce } from './enforce.ts'
import { history } from './history.ts'
import { plan } from './plan.ts'
import { KubernetesStep } from './schema.ts'
import { verify } from './verify.ts'

/** Deployments, StatefulSets and DaemonSets: takes the pod template back to one that the cluster keeps. */
export const kubernetes = defineTarget({ schema: KubernetesStep, connect, history, plan, apply, verify, enforce })
