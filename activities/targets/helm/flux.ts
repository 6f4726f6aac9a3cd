import { UnwindError } from '../../../model/errors.ts'
import type { Warning } from '../../../model/target.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { list, type Metadata, type Place } from '../../kubernetes/objects.ts'
import { ownershipWarnings } from '../../kubernetes/owner.ts'
import type { Item } from '../../kubernetes/manifest.ts'
import type { HelmStep } from './schema.ts'
import { RIGHTS } from './state.ts'

interface HelmRelease {
  metadata: Metadata
  spec?: { suspend?: boolean; releaseName?: string; targetNamespace?: string }
}

const NAME = 'helm.toolkit.fluxcd.io/name'
const NAMESPACE = 'helm.toolkit.fluxcd.io/namespace'

/**
 * Whether Flux reconciles the release: its helm-controller labels every object, and would upgrade again. Throws
 * TARGET_OWNED unless the HelmRelease is suspended or the step forces it; where it can't be read, the labels decide.
 */
export async function fluxWarnings(
  step: HelmStep,
  place: Place,
  items: readonly Item[],
  cluster: Cluster,
  signal: AbortSignal,
): Promise<Warning[]> {
  const labels = items.find(({ body }) => body.metadata?.labels?.[NAME])?.body.metadata?.labels
  const namespace = labels?.[NAMESPACE] ?? place.namespace
  const all = await readHelmReleases(cluster, namespace, signal)
  const found = all?.find((candidate) => isOf(candidate, labels?.[NAME], place, namespace))
  const name = found?.metadata.name ?? (all ? undefined : labels?.[NAME])
  if (name === undefined) return []
  const full = `${namespace}/${name}`
  if (found?.spec?.suspend === true) {
    const message = `Flux HelmRelease ${full} is suspended; once it is resumed it upgrades to what Git says, so put the good version there first`
    return [{ code: 'FLUX_SUSPENDED', message }]
  }
  const instead = `suspend it first (flux suspend helmrelease ${name} -n ${namespace}) and mend its source in Git`
  return ownershipWarnings({ system: 'Flux HelmRelease', name: full, instead }, 'Release', place, step.force)
}

function isOf({ metadata, spec }: HelmRelease, labelled: string | undefined, place: Place, namespace: string): boolean {
  if (labelled !== undefined) return metadata.name === labelled
  const target = spec?.targetNamespace ?? namespace
  // As Flux derives it: the target namespace goes before the name where one is set.
  const derived = spec?.targetNamespace ? `${spec.targetNamespace}-${metadata.name}` : metadata.name
  return target === place.namespace && (spec?.releaseName ?? derived) === place.name
}

/** Undefined where the account may not list them; none where the cluster has no Flux. */
async function readHelmReleases(
  cluster: Cluster,
  namespace: string,
  signal: AbortSignal,
): Promise<HelmRelease[] | undefined> {
  const path = `/apis/helm.toolkit.fluxcd.io/v2/namespaces/${encodeURIComponent(namespace)}/helmreleases`
  const resource = 'helmreleases.helm.toolkit.fluxcd.io'
  try {
    return await list<HelmRelease>(cluster, { path, resource, namespace, rights: RIGHTS, signal })
  } catch (error) {
    if (!(error instanceof UnwindError)) throw error
    if (error.code === 'TARGET_FORBIDDEN') return undefined
    if (error.code === 'TARGET_NOT_FOUND') return []
    throw error
  }
}
