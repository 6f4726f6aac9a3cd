import type { Named } from '../fields.ts'
import { clusterSnapshots } from './of-clusters.ts'
import { instanceSnapshots } from './of-instances.ts'
import type { Snapshots } from './snapshots.ts'

/** Snapshots of the sort of database that a step names. */
export function snapshotsFor({ cluster }: Named): Snapshots {
  return cluster === undefined ? instanceSnapshots : clusterSnapshots
}
