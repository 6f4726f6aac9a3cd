import type { Cluster } from '../../../kubernetes/connect.ts'
import { type Candidate, newestFirst } from '../candidate.ts'
import type { Template, Workload } from '../objects.ts'
import { readReplicaSets, type ReplicaSet } from '../replicasets.ts'
import { images, pure } from '../template.ts'
import type { Sight } from './rollout.ts'

const REVISION = 'rollout.argoproj.io/revision'
const EARLIER = 'rollout.argoproj.io/revision-history'
const EPHEMERAL = 'rollout.argoproj.io/ephemeral-metadata'
const DEADLINE = 'scale-down-deadline'
/** The label by which the controller tells the pods of one revision from those of another. */
const POD_HASH = 'rollouts-pod-template-hash'
const EXPERIMENT = 'experiment.argoproj.io/name'

/** One revision of a Rollout. `hash` is the controller's own. */
export type RolloutRevision = Candidate & {
  /** Until when a ReplicaSet that is left still runs, where that is known. */
  runsUntil: string | undefined
}

/** The revisions that the ReplicaSets of a Rollout keep, newest first. Those of its Experiments are none. */
export async function readRevisions(cluster: Cluster, sight: Sight, signal: AbortSignal): Promise<RolloutRevision[]> {
  const { rollout, deployment, spot } = sight
  const selector = rollout.spec.selector ?? deployment?.object.spec.selector ?? {}
  const owner = { metadata: rollout.metadata, spec: { selector } } as unknown as Workload
  const found = await readReplicaSets(cluster, owner, spot.namespace, signal)
  const own = found.filter(({ metadata }) => metadata.annotations?.[EXPERIMENT] === undefined)
  return newestFirst(own.map(ofReplicaSet)) as RolloutRevision[]
}

function ofReplicaSet({ metadata, spec, status }: ReplicaSet): RolloutRevision {
  const { name, uid, annotations = {}, labels = {}, creationTimestamp } = metadata
  const template = written(spec.template, annotations[EPHEMERAL])
  return {
    ...{ name, uid, annotations, template },
    revision: Number(annotations[REVISION] ?? 0),
    earlier: (annotations[EARLIER] ?? '').split(',').filter(Boolean).map(Number),
    images: images(template),
    hash: labels[POD_HASH] ?? '',
    available: status?.availableReplicas ?? 0,
    createdAt: creationTimestamp,
    conditions: status?.conditions ?? [],
    pods: { selector: spec.selector, controller: uid },
    runsUntil: annotations[DEADLINE] || undefined,
  }
}

interface Ephemeral {
  labels?: Record<string, string>
  annotations?: Record<string, string>
}

/**
 * The template as somebody wrote it, as far as a ReplicaSet tells: without the hash, the labels and annotations that the
 * controller lends to pods of a canary or of the stable revision, and its rule against nodes of the stable one
 * (utils/replicaset SyncEphemeralPodMetadata, RemoveInjectedAntiAffinityRule). kubectl's undo writes the latter two back.
 */
function written(template: Template, lent: string | undefined): Template {
  const copy = pure(template)
  const { labels = {}, annotations = {} } = parsed(lent)
  for (const key of Object.keys(labels)) delete copy.metadata?.labels?.[key]
  for (const key of Object.keys(annotations)) delete copy.metadata?.annotations?.[key]
  if (Object.keys(copy.metadata?.annotations ?? { some: '' }).length === 0) delete copy.metadata?.annotations
  const spec = copy.spec as { affinity?: Affinity } | undefined
  if (spec?.affinity?.podAntiAffinity) withoutInjected(spec)
  return copy
}

function parsed(lent: string | undefined): Ephemeral {
  try {
    return JSON.parse(lent ?? '{}') as Ephemeral
  } catch {
    // Nobody but the controller writes it; what can't be read was lent by nobody.
    return {}
  }
}

interface Affinity extends Record<string, unknown> {
  podAntiAffinity?: Record<string, unknown>
}

const RULES = ['requiredDuringSchedulingIgnoredDuringExecution', 'preferredDuringSchedulingIgnoredDuringExecution']

function withoutInjected(spec: { affinity?: Affinity }): void {
  const { affinity } = spec
  const rules = affinity?.podAntiAffinity
  if (!affinity || !rules) return
  for (const key of RULES) {
    const kept = ((rules[key] as unknown[] | undefined) ?? []).filter(
      (rule) => !JSON.stringify(rule).includes(POD_HASH),
    )
    if (kept.length > 0) rules[key] = kept
    else delete rules[key]
  }
  if (Object.keys(rules).length === 0) delete affinity.podAntiAffinity
  if (Object.keys(affinity).length === 0) delete spec.affinity
}
