import { randomBytes } from 'node:crypto'
import { Instance } from '../instance.ts'

/** One cluster of Aurora: it has names, states and settings as an instance has, and instances that come and go. */
export class Cluster extends Instance {
  /** Never changes, whatever the cluster is called (API_DBCluster, DbClusterResourceId: "Region-unique, immutable"). */
  override readonly resourceId: string = `cluster-${randomBytes(13).toString('hex').toUpperCase()}`
  /** The first one writes. */
  readonly members: Instance[] = []
}
