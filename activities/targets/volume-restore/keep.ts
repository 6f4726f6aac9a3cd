import type { CallContext } from '../../../model/target.ts'
import { runName } from '../../run-names.ts'
import { MARKS } from '../../kubernetes/volumes/marks.ts'
import type { Claim, ClaimSpec, Volume } from '../../kubernetes/volumes/objects.ts'
import { type Ground, patch } from '../../kubernetes/volumes/resources.ts'
import type { Pair } from './scene.ts'

/** What is remembered of a claim, so that it can be made again exactly: a claim can't be renamed. */
export interface ClaimManifest {
  labels?: Record<string, string> | undefined
  annotations?: Record<string, string> | undefined
  ownerReferences?: object[] | undefined
  spec: ClaimSpec
}

/**
 * Before a claim goes: the volumes of the pair keep their data whatever becomes of their claims (Persistent Volumes,
 * reclaiming: with Retain the volume is only released), and the claim that serves is remembered on its volume. Answers
 * what was written, or undefined when all of it stands.
 */
export async function keep(ground: Ground, pair: Pair, context: CallContext): Promise<string | undefined> {
  const { coming, leaving, serving, wanted } = pair
  const made = wanted.snapshot?.uid
  const written = await Promise.all([
    mark(ground, coming, { ...shared(ground, pair, context), ...(made && { [MARKS.restoredFrom]: made }) }, context),
    mark(ground, leaving, { ...shared(ground, pair, context), ...remembered(serving, leaving) }, context),
  ])
  return written.find((one) => one !== undefined)
}

function shared({ namespace }: Ground, { name, standby }: Pair, { rollbackId }: CallContext): Record<string, string> {
  return { [MARKS.rollback]: rollbackId, [MARKS.serves]: `${namespace}/${name}`, [MARKS.standby]: standby }
}

function remembered(serving: Claim | undefined, leaving: Volume | undefined): Record<string, string> {
  if (!serving || serving.spec.volumeName !== leaving?.metadata.name) return {}
  return { [MARKS.claim]: JSON.stringify(manifestOf(serving)) }
}

/** That it is bound is for the cluster to say of the new claim; pods own none of a claim that stays. */
function manifestOf({ metadata, spec }: Claim): ClaimManifest {
  const { labels, annotations = {}, ownerReferences } = metadata
  const kept = Object.entries(annotations).filter(([key]) => !key.startsWith('pv.kubernetes.io/'))
  const owners = ownerReferences?.filter(({ kind }) => kind === 'StatefulSet')
  return { labels, annotations: Object.fromEntries(kept), ...(owners?.length && { ownerReferences: owners }), spec }
}

async function mark(
  ground: Ground,
  volume: Volume | undefined,
  marks: Record<string, string>,
  { rollbackId }: CallContext,
): Promise<string | undefined> {
  if (!volume) return undefined
  const { annotations = {}, labels = {}, name } = volume.metadata
  const policy = volume.spec.persistentVolumeReclaimPolicy ?? 'Retain'
  const wanted = { [MARKS.policy]: annotations[MARKS.policy] ?? policy, ...marks }
  const run = { [MARKS.run]: runName(rollbackId) }
  const stands = Object.entries(wanted).every(([key, value]) => annotations[key] === value)
  if (stands && policy === 'Retain' && labels[MARKS.run] === run[MARKS.run]) return undefined
  const metadata = { labels: run, annotations: wanted }
  await patch<Volume>(ground, 'persistentvolumes', volume, {
    metadata,
    spec: { persistentVolumeReclaimPolicy: 'Retain' },
  })
  return `volume ${name} is kept from now on, whatever becomes of its claim`
}

/** The volume that serves gets the policy back that it was found with. */
export async function unkeep(ground: Ground, volume: Volume | undefined): Promise<string | undefined> {
  const policy = volume?.metadata.annotations?.[MARKS.policy]
  if (!volume || policy === undefined) return undefined
  const metadata = { annotations: { [MARKS.policy]: null } }
  await patch<Volume>(ground, 'persistentvolumes', volume, {
    metadata,
    spec: { persistentVolumeReclaimPolicy: policy },
  })
  return `volume ${volume.metadata.name} has its policy ${policy} again`
}
