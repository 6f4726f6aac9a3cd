import type { Dice } from '../../support/dice.ts'
import type { Kind, Release } from '../../targets/kubernetes-manifests.ts'

/** Something that people do to a workload in the course of its life. */
export type Act =
  | { act: 'apply'; release: Release }
  | { act: 'scale'; replicas: number }
  | { act: 'pause' | 'resume' | 'share-labels' }
  | { act: 'annotate'; note: string }
  | { act: 'limit'; revisions: number }
  /** `rank` counts what is kept from the oldest on, the present template left out, and begins anew at the end. */
  | { act: 'prune'; rank: number }
  /** By kubectl, on both twins; a `rank` as of `prune`, none for the revision before. */
  | { act: 'undo'; rank?: number }

/** A random life of one workload, and how it is undone in the end. */
export interface Life {
  kind: Kind
  spec: object
  acts: Act[]
  /** An apply right before the end, which the controller may not have seen when it is undone. */
  hasty?: Release
  to: 'previous' | { rank: number } | { number: number }
}

const KINDS: readonly Kind[] = ['deployment', 'statefulset', 'daemonset']
const TAGS = ['3.1', '3.2', '3.3', '3.4', '3.5', '3.6', '3.7', '3.8']
const FAILING = ['crash-loop', 'image-pull-error', 'never-ready'] as const

/** The life of this index: every kind comes in turn. */
export function life(dice: Dice, index: number): Life {
  const kind = KINDS[index % KINDS.length] ?? 'deployment'
  const ordered = kind === 'statefulset' && dice.chance(0.3) ? { podManagementPolicy: 'Parallel' } : {}
  const acts: Act[] = [0, 0.2].map((failing) => ({ act: 'apply', release: release(dice, failing) }))
  const length = dice.between(3, 8)
  while (acts.length < length) acts.push(act(kind, dice))
  // Where nothing is kept, it is luck for kubectl too whether the controller prunes before the undo or after it.
  const forgets = acts.some((one) => one.act === 'limit' && one.revisions === 0)
  return {
    ...{ kind, spec: ordered, acts },
    ...(dice.chance(0.1) && !forgets && { hasty: release(dice, 0) }),
    to: goal(dice),
  }
}

function goal(dice: Dice): Life['to'] {
  if (dice.chance(0.5)) return 'previous'
  return dice.chance(0.7) ? { rank: dice.between(0, 5) } : { number: dice.between(1, 5) }
}

function act(kind: Kind, dice: Dice): Act {
  const draw = dice.between(1, 100)
  if (draw <= 50) return { act: 'apply', release: release(dice, 0.3) }
  if (draw <= 60) return { act: 'undo', ...(dice.chance(0.5) && { rank: dice.between(0, 2) }) }
  if (draw <= 68) return { act: 'prune', rank: dice.between(0, 2) }
  if (draw <= 74) return { act: 'limit', revisions: dice.between(0, 2) }
  if (draw <= 82) return { act: 'annotate', note: `note-${dice.between(1, 9)}` }
  if (draw <= 88) return { act: 'share-labels' }
  if (kind === 'daemonset') return { act: 'annotate', note: 'of nodes' }
  if (kind === 'deployment' && draw <= 95) return { act: dice.chance(0.5) ? 'pause' : 'resume' }
  return { act: 'scale', replicas: dice.between(0, 3) }
}

/** Few tags, so that the same template comes back and its number moves. */
function release(dice: Dice, failing: number): Release {
  const behaviour = dice.chance(failing) ? dice.pick(FAILING) : undefined
  return {
    image: dice.pick(TAGS) ?? '3.1',
    ...(dice.chance(0.2) && { env: [{ name: 'MODE', value: `m${dice.between(1, 2)}` }] }),
    ...(behaviour && { behaviour }),
  }
}
