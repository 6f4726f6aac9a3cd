import { recordedDigest } from '../../../model/service/images.ts'
import type { Warning } from '../../../model/target.ts'
import { imageTruth, type Led, type PodSpec, tagWarnings } from '../../kubernetes/images.ts'
import { imagesOf, type Item } from '../../kubernetes/manifest.ts'
import type { Sight } from './plan.ts'

/**
 * What the registries say of the images that the revision runs, where they may be asked. Helm keeps no digests, so only the
 * ledger of releases can tell what ran.
 */
export async function imageWarnings({ shelf, all, ledger }: Sight, forced: boolean): Promise<Warning[]> {
  const { cluster, signal } = shelf
  if (!cluster.images) return []
  const items = all.flatMap(({ after }) => after ?? [])
  const images = imagesOf(items)
  const ran = (image: string) => recordedDigest(image, images, ledger?.releases ?? []) ?? []
  const truth = await imageTruth(
    cluster,
    items.flatMap(podOf).map((led) => ({ ...led, ran })),
    forced,
    signal,
  )
  return [...truth.warnings, ...tagWarnings(images, truth)]
}

function podOf({ namespace, body }: Item): Omit<Led, 'ran'>[] {
  const pod = body.spec?.template?.spec
  return pod ? [{ namespace, pod: pod as PodSpec }] : []
}
