import { clusters } from './clusters.ts'
import type { Family } from './family.ts'
import type { Named } from './fields.ts'
import { instances } from './instances.ts'

/** The sort of database that a step names. */
export function familyOf({ cluster }: Named): Family {
  return cluster === undefined ? instances : clusters
}
