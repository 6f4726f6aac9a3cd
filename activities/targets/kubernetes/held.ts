import { type Candidate, isOf } from './candidate.ts'
import type { Spot } from './objects.ts'
import type { Pod } from './pods.ts'

/** How many pods are named. */
const NAMED = 5

/**
 * Which pods the update strategy leaves where they are, and what to do: the rollback is not whole with them. undefined
 * when none is left and their successors are only not there yet.
 */
export function remaining(
  all: readonly Pod[],
  candidate: Candidate,
  held: string,
  { workload }: Spot,
): string | undefined {
  const others = all.filter(({ metadata }) => !metadata.deletionTimestamp && !isOf(metadata, candidate))
  if (others.length === 0) return undefined
  const names = others.slice(0, NAMED).map(({ metadata }) => metadata.name)
  const which = `${names.join(', ')}${others.length > NAMED ? ', …' : ''}`
  const next = held.startsWith('partition') ? 'set the partition to 0' : `delete them, one after another`
  return `${workload} has the restored template, but ${others.length} pods still run another one, because ${held} holds them back: ${which}; ${next}, then retry`
}
