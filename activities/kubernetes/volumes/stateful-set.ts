import { UnwindError } from '../../../model/errors.ts'
import type { CallContext } from '../../../model/target.ts'
import type { Cluster } from '../connect.ts'
import { selectorText } from '../objects.ts'
import { SCALED_FROM } from '../scaled.ts'
import type { Claim, Pod, StatefulSet } from './objects.ts'
import { all, type Ground, required } from './resources.ts'

/** A StatefulSet's place, as a step names it. */
export interface Spot {
  name: string
  namespace: string
  /** statefulset/db */
  workload: string
}

/** Throws INVALID_REQUEST when neither step nor environment gives a namespace. */
export function spotOf({ workload, namespace }: { workload: string; namespace?: string | undefined }): Spot {
  const name = workload.slice(workload.indexOf('/') + 1)
  if (namespace) return { name, namespace, workload: `statefulset/${name}` }
  throw new UnwindError(
    'INVALID_REQUEST',
    `${workload} has no namespace; set one in the step or as the default of the environment`,
  )
}

export function groundOf({ namespace }: Spot, { connection, signal }: CallContext<Cluster>, rights: string): Ground {
  return { cluster: connection, namespace, rights, signal }
}

export function readStatefulSet(ground: Ground, { name }: Spot): Promise<StatefulSet> {
  return required<StatefulSet>(ground, 'statefulsets.apps', name)
}

/** More would not fit into one plan that a person can read. */
const MOST_CLAIMS = 50

/**
 * The claims of its replicas, `<template>-<StatefulSet>-<ordinal>` (StatefulSets, stable storage). At zero those of the
 * replicas that a step took away, or all that are there. Throws NO_ROLLBACK_TARGET where there is none or one is missing.
 */
export async function claimsOf(ground: Ground, spot: Spot, set: StatefulSet): Promise<Claim[]> {
  const templates = (set.spec.volumeClaimTemplates ?? []).flatMap(({ metadata }) => metadata?.name ?? [])
  if (templates.length === 0) throw without(spot, 'has no volumeClaimTemplates, so no volumes of its own')
  const there = new Map(
    (await all<Claim>(ground, 'persistentvolumeclaims')).map((claim) => [claim.metadata.name, claim] as const),
  )
  const ordinals = ordinalsOf(set) ?? ordinalsAmong([...there.keys()], templates, spot.name)
  const names = ordinals.flatMap((ordinal) => templates.map((template) => `${template}-${spot.name}-${ordinal}`))
  const missing = names.filter((name) => there.get(name)?.status?.phase !== 'Bound')
  if (missing.length > 0)
    throw without(spot, `has claims that are not there or not bound: ${missing.slice(0, 5).join(', ')}`)
  if (names.length === 0) throw without(spot, 'has no claims')
  if (names.length > MOST_CLAIMS) throw without(spot, `has ${names.length} claims, more than ${MOST_CLAIMS}`)
  return names.flatMap((name) => there.get(name) ?? [])
}

/** The pods of it that could still write. */
export async function podsOf(ground: Ground, { spec }: StatefulSet): Promise<Pod[]> {
  const pods = await all<Pod>(ground, 'pods', { labelSelector: selectorText(spec.selector ?? {}) })
  return pods.filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed')
}

function ordinalsOf({ spec, metadata }: StatefulSet): number[] | undefined {
  const replicas = spec.replicas ?? 1
  const count = replicas > 0 ? replicas : Number(metadata.annotations?.[SCALED_FROM] ?? 0)
  const start = spec.ordinals?.start ?? 0
  // One more than may be, so that the bound is seen to be passed.
  return count > 0 ? Array.from({ length: Math.min(count, MOST_CLAIMS + 1) }, (_, index) => start + index) : undefined
}

function ordinalsAmong(names: string[], [template]: string[], set: string): number[] {
  const prefix = `${template}-${set}-`
  const found = names.filter((name) => name.startsWith(prefix) && /^\d{1,9}$/.test(name.slice(prefix.length)))
  return found.map((name) => Number(name.slice(prefix.length))).toSorted((a, b) => a - b)
}

function without({ workload, namespace }: Spot, what: string): UnwindError {
  return new UnwindError('NO_ROLLBACK_TARGET', `${workload} in ${namespace} ${what}`)
}
