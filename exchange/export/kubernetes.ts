import type { Exact, Part } from './playbook.ts'
import { written } from '../written.ts'

/** The commands of one Kubernetes step. Words are shell words already; `$…` in them is a variable of the script. */
export interface Rollout {
  /** What goes back; empty where a person has to name the revision first. */
  apply: string[][]
  /** What shows the revisions that there are, and how the wanted one was written. */
  choose?: { list: string[]; columns: string; name: string; wanted: string }
  verify: string[]
}

/** How texts of the runbook and places become shell words. */
export interface Wording {
  /** A text of the runbook as one shell word. */
  word: (text: string) => string
  /** Words that select the cluster. */
  context: (cluster: string | undefined) => string[]
  /** The word that stands for the number of a revision once it was read or named. */
  revision: string
}

/** Pods that do not hold within this time are told as a failure; the person decides then. */
const ROLLOUT_LIMIT = 600_000

/** Where the templates of a kind are kept, the path of their number in it, and other columns worth a look. */
const KEEPERS = {
  deployment: {
    plural: 'replicasets',
    number: '.metadata.annotations.deployment\\.kubernetes\\.io/revision',
    columns: 'READY:.status.readyReplicas,IMAGES:.spec.template.spec.containers[*].image',
  },
  revisioned: {
    plural: 'controllerrevisions',
    number: '.revision',
    columns: 'IMAGES:.data.spec.template.spec.containers[*].image',
  },
}

/** The workloads of a step, each as a step of its own in their order; none where only the cluster knows which they are. */
export function workloadsOf(part: Part): Part[] {
  if (part.kind === 'kubernetes') return [part]
  const { workloads } = part.fields
  if (part.kind !== 'kubernetes-release' || !Array.isArray(workloads)) return []
  return workloads.map((workload: unknown, index) => ({
    ...part,
    ...{ kind: 'kubernetes', id: memberId(part.id, index), title: `${part.title} (${String(workload)})` },
    fields: { ...part.fields, workload },
  }))
}

/** What a workload of a step with several is called in what is recorded. */
export function memberId(id: string, index: number): string {
  return `${id}-${index + 1}`
}

/**
 * What `kubectl` is asked to do for a step. What keeps the exact template wins over a number, a number over words. `previous` is
 * made a number too, before anything changes: undone twice, it would lead back to where it came from.
 */
export function rolloutOf(part: Part, exact: Exact | undefined, { word, context, revision }: Wording): Rollout {
  const { workload, namespace, cluster, to, resume } = part.fields
  const place = typeof namespace === 'string' ? ['-n', word(namespace)] : []
  const kubectl = ['kubectl', ...context(typeof cluster === 'string' ? cluster : undefined), ...place]
  const object = word(String(workload))
  const undo = [...kubectl, 'rollout', 'undo', object]
  const first = resume === true ? [[...kubectl, 'rollout', 'resume', object]] : []
  const seconds = Math.ceil((part.timeout ?? ROLLOUT_LIMIT) / 1_000)
  const verify = [...kubectl, 'rollout', 'status', object, `--timeout=${seconds}s`]
  const {
    plural,
    number: path,
    columns,
  } = KEEPERS[/^deployments?\//.test(String(workload)) ? 'deployment' : 'revisioned']
  const kept = exact?.replicaSet ?? exact?.controllerRevision
  if (kept !== undefined) {
    const get = ['get', plural.slice(0, -1), word(kept), '-o', `'jsonpath={${path}}')`]
    const read = ['revision=$(kubectl', ...kubectl.slice(1), ...get]
    return { apply: [...first, read, [...undo, `--to-revision=${revision}`]], verify }
  }
  const number = exact?.revision ?? (typeof to === 'number' ? to : undefined)
  if (number !== undefined) return { apply: [...first, [...undo, `--to-revision=${number}`]], verify }
  const name = String(workload).slice(String(workload).indexOf('/') + 1)
  const choose = {
    list: [...kubectl, 'get', plural],
    columns: `'custom-columns=REVISION:${path},WORKLOAD:.metadata.ownerReferences[0].name,${columns},CREATED:.metadata.creationTimestamp'`,
    ...{ name: word(name), wanted: word(written(to, 'last-good')) },
  }
  return { apply: [...first, [...undo, `--to-revision=${revision}`]], choose, verify }
}
