import type { Ledger } from '../../../model/service/facts.ts'
import { recordedDigest } from '../../../model/service/images.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { imageTruth, type PodSpec, type Truth } from '../../kubernetes/images.ts'
import type { Place } from '../../kubernetes/objects.ts'
import { type Candidate, isOf } from './candidate.ts'
import { type Pod, readPods } from './pods.ts'

/** What the registries say of the images that a candidate leads to. Its pods tell what ran, else the ledger of releases. */
export async function truthOf(
  candidate: Candidate,
  { spot, ledger }: { spot: Pick<Place, 'namespace'>; ledger: Ledger | undefined },
  { cluster, forced, signal }: { cluster: Cluster; forced: boolean; signal: AbortSignal },
): Promise<Truth> {
  const pod = (candidate.template.spec ?? {}) as PodSpec
  const pods = cluster.images ? await readPods(cluster, candidate, spot, signal) : []
  const own = pods.filter(({ metadata }) => isOf(metadata, candidate))
  const ran = (image: string) => {
    const seen = digestsOf(image, pod, own)
    return seen.length > 0 ? seen : (recordedDigest(image, candidate.images, ledger?.releases ?? []) ?? [])
  }
  return imageTruth(cluster, [{ namespace: spot.namespace, pod, ran }], forced, signal)
}

/** The digests that nodes tell of the containers with this image; an id without a repository is no digest of a registry. */
function digestsOf(image: string, { containers = [], initContainers = [] }: PodSpec, pods: readonly Pod[]): string[] {
  const names = new Set([...containers, ...initContainers].flatMap((one) => (one.image === image ? [one.name] : [])))
  return pods.flatMap(({ status = {} }) =>
    [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])].flatMap(({ name, imageID = '' }) => {
      const [, digest] = /@(sha256:[0-9a-f]{64})$/.exec(imageID) ?? []
      return names.has(name) && digest !== undefined ? [digest] : []
    }),
  )
}
