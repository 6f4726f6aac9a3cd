import { UnwindError } from '../../model/errors.ts'
import type { Warning } from '../../model/target.ts'
import type { Cluster } from './connect.ts'
import { list, type Metadata, type Place } from './objects.ts'

/**
 * What would put a workload back after a rollback of ours, and how to go back through it instead: by a kind of step where
 * this version has one, else by the owner's own command.
 */
export interface Owner {
  system: string
  name: string
  instead: string
}

/** What could be read about owners that name a workload from outside. */
export interface Claims {
  flagger: Claim[]
  rollouts: Claim[]
  /** Lists that the account may not read. */
  unread: string[]
}

interface Claim {
  metadata: Metadata
  spec?: { targetRef?: Reference; workloadRef?: Reference }
}

interface Reference {
  kind?: string
  name?: string
}

/** Custom resources that may claim a workload; a cluster without these kinds answers 404, which is "none". */
export async function readClaims(cluster: Cluster, { namespace }: Place, signal: AbortSignal): Promise<Claims> {
  const unread: string[] = []
  const claims = async (group: string, version: string, plural: string): Promise<Claim[]> => {
    const resource = `${plural}.${group}`
    const path = `/apis/${group}/${version}/namespaces/${encodeURIComponent(namespace)}/${plural}`
    try {
      return await list<Claim>(cluster, { path, resource, namespace, signal })
    } catch (error) {
      if (!(error instanceof UnwindError)) throw error
      if (error.code === 'TARGET_FORBIDDEN') unread.push(resource)
      else if (error.code !== 'TARGET_NOT_FOUND') throw error
      return []
    }
  }
  const [flagger, rollouts] = await Promise.all([
    claims('flagger.app', 'v1beta1', 'canaries'),
    claims('argoproj.io', 'v1alpha1', 'rollouts'),
  ])
  return { flagger, rollouts, unread }
}

/** The owner of a workload, the outermost one where several are found. `kind` as Kubernetes writes it: Deployment. */
export function ownerOf(kind: string, { metadata }: { metadata: Metadata }, claims: Claims): Owner | undefined {
  return (
    claimed(kind, metadata, claims) ??
    argoCd(metadata) ??
    flux(metadata) ??
    lifecycle(metadata) ??
    controller(metadata) ??
    synced(metadata) ??
    addOn(metadata) ??
    helm(metadata)
  )
}

/** A Helm release writes at its next upgrade only, so it takes back nothing by itself. */
export function withoutHelm(owner: Owner | undefined): Owner | undefined {
  return owner?.system === 'Helm release' ? undefined : owner
}

/** A forced plan says whom it goes behind. Throws TARGET_OWNED when the step does not force it. */
export function ownershipWarnings(
  owner: Owner | undefined,
  kind: string,
  place: Place,
  force: { reason: string } | undefined,
): Warning[] {
  if (!owner) return []
  if (!force) throw owned(owner, kind, place)
  const message = `${owner.system} ${owner.name} owns the ${kind} and may put it back; forced: ${force.reason}`
  return [{ code: 'OWNED', message }]
}

/** Says what the account could not see, rather than that there was nothing. */
export function notChecked(unread: string[]): Warning[] {
  if (unread.length === 0) return []
  const message = `not looked at, because the account may not read them: ${unread.join(', ')}`
  return [{ code: 'NOT_CHECKED', message }]
}

/** Why the plan is refused. The caller may force it, with a reason. */
function owned(owner: Owner, kind: string, place: Place): UnwindError {
  return new UnwindError(
    'TARGET_OWNED',
    `${kind.toLowerCase()}/${place.name} in ${place.namespace} belongs to ${owner.system} ${owner.name}, which would put it back; ${owner.instead}, or set force with a reason`,
    { owner: owner.system, name: owner.name },
  )
}

function claimed(kind: string, { name }: Metadata, claims: Claims): Owner | undefined {
  const points = (reference: Reference | undefined) => reference?.kind === kind && reference.name === name
  const canary = claims.flagger.find(({ spec }) => points(spec?.targetRef))
  if (canary)
    return {
      ...{ system: 'Flagger canary', name: canary.metadata.name },
      instead: 'put its old image into what deploys it, or suspend the canary first (spec.suspend: true)',
    }
  const rollout = claims.rollouts.find(({ spec }) => points(spec?.workloadRef))
  return (
    rollout && {
      system: 'Argo Rollouts',
      name: rollout.metadata.name,
      instead: `use a step of kind argo-rollouts (rollout: ${rollout.metadata.name})`,
    }
  )
}

function argoCd({ annotations = {}, labels = {}, managedFields = [] }: Metadata): Owner | undefined {
  const tracking = annotations['argocd.argoproj.io/tracking-id']?.split(':')[0]
  const writes = managedFields.some(({ manager }) => manager?.startsWith('argocd-'))
  const name =
    tracking ??
    labels['argocd.argoproj.io/instance'] ??
    (writes ? (labels['app.kubernetes.io/instance'] ?? '(unnamed)') : undefined)
  return name === undefined
    ? undefined
    : {
        ...{ system: 'Argo CD application', name },
        instead: `take the application back: a step of kind argo-cd with application: ${name}`,
      }
}

function flux({ labels = {} }: Metadata): Owner | undefined {
  const release = labels['helm.toolkit.fluxcd.io/name']
  if (release)
    return {
      system: 'Flux HelmRelease',
      name: release,
      instead: suspending('helmrelease', release, labels['helm.toolkit.fluxcd.io/namespace']),
    }
  const kustomization = labels['kustomize.toolkit.fluxcd.io/name']
  return kustomization === undefined
    ? undefined
    : {
        ...{ system: 'Flux Kustomization', name: kustomization },
        instead: suspending('kustomization', kustomization, labels['kustomize.toolkit.fluxcd.io/namespace']),
      }
}

function suspending(kind: string, name: string, namespace: string | undefined): string {
  const place = namespace === undefined ? '' : ` -n ${namespace}`
  return `revert the change in its repository (a step of kind git-revert), or suspend it first: flux suspend ${kind} ${name}${place}`
}

/** OLM puts a Deployment of an operator back to what its ClusterServiceVersion says; the reference to it is no controller's. */
function lifecycle({ labels = {} }: Metadata): Owner | undefined {
  const name = labels['olm.owner']
  if (name === undefined || labels['olm.owner.kind'] !== 'ClusterServiceVersion') return undefined
  return { system: 'OLM ClusterServiceVersion', name, instead: 'install the version before of the operator' }
}

/** The addon manager of a control plane applies its manifests every minute. */
function addOn({ name, labels = {} }: Metadata): Owner | undefined {
  if (labels['addonmanager.kubernetes.io/mode'] !== 'Reconcile') return undefined
  const instead = 'change its manifest on the control plane, or the version of the add-on at the provider'
  return { system: 'Kubernetes add-on manager', name, instead }
}

function controller({ ownerReferences = [] }: Metadata): Owner | undefined {
  const owner = ownerReferences.find((reference) => reference.controller === true)
  return owner && { system: owner.kind, name: owner.name, instead: 'change the version in that object' }
}

function synced({ annotations = {} }: Metadata): Owner | undefined {
  if (annotations['configmanagement.gke.io/managed'] !== 'enabled') return undefined
  const name = annotations['configsync.gke.io/resource-id'] ?? '(unnamed)'
  return { system: 'Config Sync', name, instead: 'revert the change in its repository' }
}

function helm({ annotations = {}, labels = {} }: Metadata): Owner | undefined {
  const release = annotations['meta.helm.sh/release-name']
  if (!release || labels['app.kubernetes.io/managed-by'] !== 'Helm') return undefined
  const namespace = annotations['meta.helm.sh/release-namespace']
  const place = namespace === undefined ? '' : ` -n ${namespace}`
  return {
    ...{ system: 'Helm release', name: release },
    instead: `roll the release back: helm rollback ${release} <revision>${place}`,
  }
}
