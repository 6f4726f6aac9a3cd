import { canonical } from '../../../model/canonical.ts'
import { readable } from '../../../model/duration.ts'
import type { Warning } from '../../../model/target.ts'
import type { Autoscaler } from '../../kubernetes/autoscalers.ts'
import type { Place } from '../../kubernetes/objects.ts'
import type { Helm } from './command.ts'
import type { Pair } from '../../kubernetes/manifest-diff.ts'
import type { Live, Served } from './live.ts'
import { patience, rollbackHooks } from './lock.ts'
import { type Body, identityOf, type Item, isWorkload, podImages, titleOf } from '../../kubernetes/manifest.ts'
import { isPending, type Release, type ReleaseRecord } from './records.ts'
import type { HelmStep } from './schema.ts'

/** The names that a warning lists before it counts the rest. */
const NAMES = 10

/** The last revision did not end: somebody's helm is at work now, or died. */
export function standingWarnings(step: HelmStep, release: Release): Warning[] {
  const { last, now } = release
  const what = `revision ${last.revision} is ${last.status}`
  if (isPending(last)) {
    const left = patience(step, release)
    const age = readable(Math.max(0, now - last.createdAt))
    const wait = left > 0 ? `; it is waited for, and taken over in ${readable(left)}` : ''
    const message = `${what} since ${age}: another helm is at work or has died, and what it changed is not known${wait}`
    return [{ code: 'RELEASE_PENDING', message, confirm: true }]
  }
  if (last.status === 'deployed') return []
  return [{ code: 'RELEASE_FAILED', message: `${what}: objects may be changed in part; verify looks at all of them` }]
}

/** An old image can't know migrations that came after it. */
export function hookWarnings(step: HelmStep, target: ReleaseRecord): Warning[] {
  const hooks = rollbackHooks(target.hooks)
  if (hooks.length === 0) return []
  const names = hooks.slice(0, NAMES).map(({ kind, name }) => `${kind}/${name}`)
  const whose = `of the old chart (${target.chart.name} ${target.chart.version})`
  if (!step.hooks)
    return [{ code: 'HOOKS_SKIPPED', message: `rollback hooks ${whose} do not run: ${names.join(', ')}` }]
  const soon = step.wait ? '' : '; post-rollback hooks run before the pods are ready unless wait: true'
  const message = `runs the hooks ${whose}: ${names.join(', ')}; they know nothing of what came later (migrations), set hooks: false to leave them out${soon}`
  return [{ code: 'OLD_HOOKS', message, confirm: true }]
}

/** Helm installs the folder crds once and never changes it again. */
export function crdWarnings(from: ReleaseRecord, to: ReleaseRecord): Warning[] {
  if (from.crds === to.crds) return []
  const message = `the charts bring different CRDs, and helm rolls none back: the old release meets the new definitions`
  return [{ code: 'CRDS_KEPT', message, confirm: true }]
}

/** Helm 3 does not know how a release of Helm 4 was applied, and merges on its own side. */
export function majorWarnings({ version, major }: Helm, target: ReleaseRecord): Warning[] {
  if (major === 4 || target.applyMethod === 'csa') return []
  const message = `revision ${target.revision} was made by server-side apply, which helm ${version} does not do: fields that it removes may stay; use Helm 4`
  return [{ code: 'APPLIED_SERVER_SIDE', message, confirm: true }]
}

/** Neither manifest can be read by helm when the cluster serves a version of one no more (helm/helm#12516). */
export function servedWarnings(all: readonly Pair[], served: Served): Warning[] {
  const items = all.flatMap(({ before, after }) => [before, after].flatMap((item) => item ?? []))
  const gone = new Set(items.flatMap((item) => (served.pathOf(item) ? [] : [`${item.kind} of ${item.apiVersion}`])))
  if (gone.size === 0) return []
  const message = `the cluster does not serve ${listed([...gone])}, and helm fails on a manifest that names it; rewrite the stored release with the plug-in helm mapkubeapis first`
  return [{ code: 'API_REMOVED', message, confirm: true }]
}

/** Fields that the API server does not let anybody change: helm stops there, half way. */
export function immutableWarnings(all: readonly Pair[], release: Place): Warning[] {
  const hit = all.flatMap(({ before, after }) =>
    before && after ? frozen(before, after).map((field) => `${titleOf(after, release)} ${field}`) : [],
  )
  if (hit.length === 0) return []
  const message = `can't be changed in place, so helm will fail there: ${listed(hit)}; delete these objects first, or go forward`
  return [{ code: 'IMMUTABLE_FIELDS', message, confirm: true }]
}

/** Helm writes the replicas of the old manifest, whatever an autoscaler or a person has set. */
export function replicaWarnings(
  all: readonly Pair[],
  live: ReadonlyMap<string, Live>,
  autoscalers: readonly Autoscaler[],
  release: Place,
): Warning[] {
  return all.flatMap(({ before, after }): Warning[] => {
    const wanted = after?.body.spec?.replicas
    const running = after && live.get(identityOf(after))?.spec?.replicas
    if (!after || wanted === undefined || running === undefined || running === wanted) return []
    const by = autoscalers.find(({ spec: { scaleTargetRef: to } }) => to.kind === after.kind && to.name === after.name)
    if (!by && running === before?.body.spec?.replicas) return []
    const who = by ? `HorizontalPodAutoscaler ${by.metadata.name} sets them and has to begin anew` : 'somebody set them'
    const message = `${titleOf(after, release)} runs ${running} replicas and helm sets ${wanted}: ${who}`
    return [{ code: 'REPLICAS_DRIFT', message, ...(wanted < running && { confirm: true }) }]
  })
}

/** What runs is not what Helm believes: somebody changed it past Helm, and it goes away or stays by the field. */
export function driftWarnings(items: readonly Item[], live: ReadonlyMap<string, Live>, release: Place): Warning[] {
  const drifted = items.filter((item) => {
    const found = live.get(identityOf(item))
    return isWorkload(item) && found && canonical(podImages(found)) !== canonical(podImages(item.body))
  })
  if (drifted.length === 0) return []
  const names = listed(drifted.map((item) => titleOf(item, release)))
  return [{ code: 'LIVE_DRIFT', message: `other images run than the present revision says, set past helm: ${names}` }]
}

/** Helm deletes what the last manifest has; what an operation before it made, and did not clear, stays for good. */
export function leftoverWarnings(items: readonly Item[], release: Place): Warning[] {
  if (items.length === 0) return []
  const names = listed(items.map((item) => titleOf(item, release)))
  const message = `left by an operation that did not end, and in neither manifest, so helm will not delete: ${names}`
  return [{ code: 'LEFTOVERS', message }]
}

/** A deletion that loses more than a manifest can bring back. */
export function lossOf(items: readonly Item[], release: Place): string | undefined {
  const holding = items.filter(({ kind }) => HOLDING.has(kind)).map((item) => titleOf(item, release))
  return holding.length > 0 ? `helm deletes ${listed(holding)}, with all that it holds` : undefined
}

const HOLDING = new Set(['PersistentVolumeClaim', 'PersistentVolume', 'Namespace', 'CustomResourceDefinition'])

const FROZEN: Readonly<Record<string, string[]>> = {
  Deployment: ['spec.selector'],
  DaemonSet: ['spec.selector'],
  ReplicaSet: ['spec.selector'],
  StatefulSet: ['spec.selector', 'spec.serviceName', 'spec.podManagementPolicy', 'spec.volumeClaimTemplates'],
  Job: ['spec.selector', 'spec.template', 'spec.completionMode'],
  Service: ['spec.clusterIP'],
  PersistentVolumeClaim: ['spec.storageClassName', 'spec.accessModes', 'spec.volumeName', 'spec.selector'],
  Secret: ['type'],
  RoleBinding: ['roleRef'],
  ClusterRoleBinding: ['roleRef'],
  StorageClass: ['provisioner', 'parameters', 'reclaimPolicy', 'volumeBindingMode'],
}

function frozen(before: Item, after: Item): string[] {
  const sealed = before.body.immutable === true ? ['data', 'binaryData', 'immutable'] : []
  return [...(FROZEN[after.kind] ?? []), ...sealed].filter((path) => {
    const [was, is] = [at(before.body, path), at(after.body, path)]
    return is !== undefined && was !== undefined && canonical(was) !== canonical(is)
  })
}

function at(body: Body, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], body)
}

function listed(names: readonly string[]): string {
  const rest = names.length - NAMES
  return names.slice(0, NAMES).join(', ') + (rest > 0 ? ` and ${rest} more` : '')
}
