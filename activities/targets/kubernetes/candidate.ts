import { type Condition, isControlledBy, type Metadata, type Selector } from '../../kubernetes/objects.ts'
import type { Template, Workload } from './objects.ts'

/** One thing that a workload can go back to: the template that a ReplicaSet or a ControllerRevision of it keeps. */
export interface Candidate {
  /** Of the object that keeps it. */
  name: string
  uid: string
  revision: number
  /** Numbers that it had before; rolling back to one gives it a new number. A ControllerRevision does not tell. */
  earlier: number[]
  template: Template
  images: string[]
  hash: string
  /** Pods of this template that serve; undefined where they were not counted. */
  available: number | undefined
  createdAt: string | undefined
  annotations: Record<string, string>
  /** What the controller says of it; only a ReplicaSet has any. */
  conditions: Condition[]
  pods: PodsOf
}

/** How the pods of one template are told from all others. */
interface PodsOf {
  selector: Selector
  /** The uid of what controls them: the ReplicaSet, or the workload itself. */
  controller: string
  /** What their label `controller-revision-hash` says, where the workload itself controls them. */
  mark?: string
}

/** The annotation by which a rollback says what it left: names of ReplicaSets or ControllerRevisions, by commas. */
export const LEFT = 'unwind.dev/rolled-back-from'

/** The label by which pods of a StatefulSet or DaemonSet say of which ControllerRevision they are. */
export const POD_REVISION = 'controller-revision-hash'

/** Whether a pod was made from this template. */
export function isOf(pod: Metadata, { pods }: Pick<Candidate, 'pods'>): boolean {
  if (!isControlledBy(pod, pods.controller)) return false
  return pods.mark === undefined || pod.labels?.[POD_REVISION] === pods.mark
}

/** Newest revision first. */
export function newestFirst(all: readonly Candidate[]): Candidate[] {
  return all.toSorted((a, b) => b.revision - a.revision || (a.name < b.name ? -1 : 1))
}

/**
 * The candidate that keeps this template. As the Deployment controller does, the oldest one where several keep the same
 * (kubernetes pkg/controller/deployment/util FindNewReplicaSet).
 */
export function withTemplate(all: readonly Candidate[], hash: string): Candidate | undefined {
  const created = ({ createdAt }: Candidate) => createdAt ?? ''
  return all.filter((candidate) => candidate.hash === hash).sort((a, b) => (created(a) < created(b) ? -1 : 1))[0]
}

/** Names of what some rollback left. */
export function leftBehind(workload: Pick<Workload, 'metadata'>, all: readonly Candidate[]): Set<string> {
  const marks = [workload.metadata.annotations ?? {}, ...all.map(({ annotations }) => annotations)]
  return new Set(marks.flatMap((annotations) => annotations[LEFT]?.split(',') ?? []))
}
