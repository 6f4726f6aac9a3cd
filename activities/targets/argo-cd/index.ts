import { defineTarget } from '../../../model/target.ts'
import { apply } from './apply.ts'
import { connect } from '../../argo-cd/connect.ts'
import { history } from './history.ts'
import { plan } from './plan.ts'
import { ArgoCdStep } from './schema.ts'
import { settle } from './settle.ts'
import { verify } from './verify.ts'

/** An application of Argo CD: back to a deployment of its history, with auto-sync held. */
export const argoCd = defineTarget({ schema: ArgoCdStep, connect, history, plan, apply, verify, settle })
