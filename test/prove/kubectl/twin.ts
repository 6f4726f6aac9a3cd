import { canonical } from '../../../model/canonical.ts'
import { pure } from '../../../activities/targets/kubernetes/template.ts'
import type { Template, Workload } from '../../../activities/targets/kubernetes/objects.ts'
import { until } from '../../support/until.ts'
import { callKubectl, type Said } from '../../targets/kubernetes-kubectl.ts'
import { type Lab, revisionOf } from '../../targets/kubernetes-lab.ts'
import { type Release, workloadOf } from '../../targets/kubernetes-manifests.ts'
import type { Act, Life } from './history.ts'

/** What a workload keeps: its number, its name, and the template as somebody wrote it. */
export interface Kept {
  number: number
  name: string
  template: string
}

/** One of two workloads of the same name that live the same life, each in a namespace of its own. */
export interface Twin {
  lab: Lab
  name: string
  live(act: Act): Promise<void>
  /** Applies a release and does not wait for anything. */
  apply(release: Release): Promise<void>
  workload(): Promise<Workload>
  /** Oldest first. */
  kept(): Promise<Kept[]>
  /** The present template, as somebody wrote it. */
  template(): Promise<string>
  /** The real kubectl. */
  kubectl(...args: string[]): Promise<Said>
}

/** How long controllers may take for one act, in milliseconds. */
const WITHIN = 30_000

/** Makes a twin that has not been born yet. `grouped` is a lab, whose kind does not matter. */
export function twin(grouped: Lab, name: string, { kind, spec }: Pick<Life, 'kind' | 'spec'>): Twin {
  const lab = grouped.of(kind)
  let [limits, stuck]: [object, boolean] = [{}, false]
  const workload = () => lab.workload(name)
  const kept = async (): Promise<Kept[]> => {
    if (kind === 'deployment')
      return (await lab.replicaSets(name)).map((set) => keep(revisionOf(set), set.metadata.name, set.spec.template))
    return (await lab.controllerRevisions(name)).map(({ revision, metadata, data }) => {
      const { $patch: _, ...template } = data?.spec?.template ?? {}
      return keep(revision, metadata.name, template)
    })
  }
  const template = async () => canonical(pure((await workload()).spec.template))
  const kubectl = (...args: string[]) => callKubectl(lab, ...args)
  const apply = (release: Release) => lab.apply(workloadOf(kind, name, { ...release, spec: { ...spec, ...limits } }))
  const settle = () => settled({ lab, workload, kept, template, name }, kind === 'statefulset' && stuck)
  const other = async (rank: number) => {
    const here = await template()
    return ranked(await kept(), here, rank)
  }
  const live = async (act: Act) => {
    if (act.act === 'apply') {
      await apply(act.release)
      // An ordered StatefulSet waits for a pod that fails, whatever comes after; a Parallel one does not.
      if (act.release.behaviour && !('podManagementPolicy' in spec)) stuck = true
    } else if (act.act === 'scale') await lab.patch(name, { spec: { replicas: act.replicas } })
    else if (act.act === 'pause' || act.act === 'resume')
      await lab.patch(name, { spec: { paused: act.act === 'pause' } })
    else if (act.act === 'annotate')
      await lab.patch(name, { metadata: { annotations: { 'example.test/note': act.note } } })
    else if (act.act === 'limit') {
      limits = { revisionHistoryLimit: act.revisions }
      await lab.patch(name, { spec: limits })
    } else if (act.act === 'share-labels') await lab.apply(sharing(lab, name))
    else if (act.act === 'undo') {
      const target = act.rank === undefined ? undefined : await other(act.rank)
      await kubectl('rollout', 'undo', `${kind}/${name}`, ...(target ? [`--to-revision=${target.number}`] : []))
    } else if (act.act === 'prune') {
      const target = await other(act.rank)
      if (target) await kubectl('delete', kind === 'deployment' ? 'replicaset' : 'controllerrevision', target.name)
    }
    await settle()
  }
  return { lab, name, live, apply, workload, kept, template, kubectl }
}

/** What is kept beside the present template, by its rank from the oldest on; undefined where there is nothing else. */
export function ranked(kept: readonly Kept[], present: string, rank: number): Kept | undefined {
  const others = kept.filter(({ template }) => template !== present)
  return others[rank % others.length]
}

function keep(number: number, name: string, template: Template): Kept {
  return { number, name, template: canonical(pure(template)) }
}

/** A second owner of the same labels. */
function sharing(lab: Lab, name: string): object {
  const other = workloadOf(lab.kind, name, { image: '3.0', replicas: 1 }) as { metadata: object }
  return { ...other, metadata: { ...other.metadata, name: `${name}-other` } }
}

/** The controller has seen the last change, keeps the present template under the highest number, and has moved the pods. */
async function settled(
  one: Pick<Twin, 'lab' | 'workload' | 'kept' | 'template' | 'name'>,
  stuck: boolean,
): Promise<void> {
  const look = async () => {
    const [{ metadata, spec, status }, kept, here] = await Promise.all([one.workload(), one.kept(), one.template()])
    const observed = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0)
    if (!observed || spec.paused === true) return observed
    if (kept.at(-1)?.template !== here) return false
    const waits = stuck || spec.template.metadata?.labels?.['unwind.dev/simulate'] !== undefined
    return waits || movedAll(await one.workload())
  }
  await until(look, Boolean, () => `${one.lab.kind}/${one.name} does not settle`, WITHIN)
}

function movedAll({ spec, status = {} }: Workload): boolean {
  if (spec.replicas === undefined) {
    const { desiredNumberScheduled: nodes, updatedNumberScheduled = 0, numberAvailable = 0 } = status
    return nodes === updatedNumberScheduled && nodes === numberAvailable
  }
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0, currentRevision, updateRevision } = status
  return (
    [replicas, updatedReplicas, availableReplicas].every((count) => count === spec.replicas) &&
    currentRevision === updateRevision
  )
}
