import { defineTarget } from '../../../model/target.ts'
import { connect } from '../../kubernetes/connect.ts'
import { apply } from './apply.ts'
import { history, plan } from './plan.ts'
import { VolumeRestoreStep } from './schema.ts'
import { verify } from './verify.ts'

const verbs = { connect, history, plan, apply, verify }

/** Volumes of a StatefulSet: back to CSI snapshots, by new volumes that change places with the present ones. */
export const volumeRestore = defineTarget({ schema: VolumeRestoreStep, connectionKind: 'kubernetes', ...verbs })
