import type { Named } from '../../aws/fields.ts'
import { clusterRestorer } from './of-clusters.ts'
import { instanceRestorer } from './of-instances.ts'
import type { Restorer } from './restorer.ts'

/** The restorer of the sort of database that a step names. */
export function restorerFor({ cluster }: Named): Restorer {
  return cluster === undefined ? instanceRestorer : clusterRestorer
}
