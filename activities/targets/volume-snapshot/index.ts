import { defineTarget } from '../../../model/target.ts'
import { connect } from '../../kubernetes/connect.ts'
import { apply } from './apply.ts'
import { history, plan } from './plan.ts'
import { VolumeSnapshotStep } from './schema.ts'
import { verify } from './verify.ts'

const verbs = { connect, history, plan, apply, verify }

/** CSI snapshots of the volumes of a StatefulSet, before something risky. */
export const volumeSnapshot = defineTarget({ schema: VolumeSnapshotStep, connectionKind: 'kubernetes', ...verbs })
