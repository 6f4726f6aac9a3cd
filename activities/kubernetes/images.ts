import { UnwindError } from '../../model/errors.ts'
import type { Warning } from '../../model/target.ts'
import { loginsFor } from '../oci/keyring.ts'
import { type Finding, look } from '../oci/look.ts'
import { type Reference, referenceOf } from '../oci/reference.ts'
import type { Cluster } from './connect.ts'
import { type Held, type Puller, pullSecrets } from './pull-secrets.ts'

/** What a pod runs, as far as its images go. */
export interface PodSpec extends Puller {
  containers?: Container[]
  initContainers?: Container[]
}

interface Container {
  name: string
  image?: string
  imagePullPolicy?: string
}

/** Pods that a plan leads to, and what is known of the images that ran when it last led there. */
export interface Led {
  namespace: string
  pod: PodSpec
  /** Digests that ran under an image's name; none where nobody knows. */
  ran: (image: string) => string[]
}

/** What the registries say of a plan's images. */
export interface Truth {
  warnings: Warning[]
  /** Images that are known to be what ran. */
  proven: ReadonlySet<string>
}

/** What is said where the connection is not configured for it. */
export const NOBODY_ASKED: Truth = { warnings: [], proven: new Set() }

/** All questions of one plan together: a registry must not hold up a rollback. */
const LIMIT = 8_000
/** More images are not asked for, and the plan says so. */
const IMAGES = 40

/**
 * Asks the registries of all images that the pods would pull, where the connection is configured so. Throws IMAGE_GONE for one
 * that is not there, unless forced: then it is a warning to be confirmed. What could not be asked is a warning, never a yes.
 */
export async function imageTruth(
  cluster: Cluster,
  all: readonly Led[],
  forced: boolean,
  signal: AbortSignal,
): Promise<Truth> {
  if (!cluster.images) return NOBODY_ASKED
  const within = AbortSignal.any([signal, AbortSignal.timeout(LIMIT)])
  const asked = (await Promise.all(all.map((led) => questions(cluster, led, signal)))).flat()
  const distinct = [...new Map(asked.map((question) => [keyOf(question), question])).values()]
  const answers = await Promise.all(
    distinct.slice(0, IMAGES).map(async (question) => ({ question, finding: await answer(cluster, question, within) })),
  )
  signal.throwIfAborted()
  const gone = answers.flatMap(({ question, finding }) => (finding.is === 'gone' ? [goneText(question, finding)] : []))
  if (gone.length > 0 && !forced) throw new UnwindError('IMAGE_GONE', `${gone.join('; ')}. ${GONE_NEXT}`)
  const left = distinct.length - IMAGES
  return {
    warnings: [
      ...gone.map((message) => ({ code: 'IMAGE_GONE', message, confirm: true })),
      ...answers.flatMap(({ question, finding }) => movedWarnings(question, finding)),
      ...notChecked(answers.flatMap(unknownText), left),
    ],
    proven: new Set(answers.flatMap(({ question, finding }) => (isProven(finding) ? [question.image] : []))),
  }
}

/** What a tag stands for is decided by the registry at pull time. One that is known to be what ran needs no word. */
export function tagWarnings(images: readonly string[], { proven }: Pick<Truth, 'proven'>): Warning[] {
  const mutable = images.filter((image) => !image.includes('@') && !proven.has(image))
  if (mutable.length === 0) return []
  const message = `${mutable.join(', ')}: a tag can be pushed anew or removed, so the image may not be the one that ran; use digests`
  return [{ code: 'MUTABLE_TAG', message }]
}

interface Question {
  image: string
  reference: Reference | undefined
  policy: string | undefined
  ran: string[]
  namespace: string
  held: Held
}

interface Answered {
  question: Question
  finding: Finding
}

async function questions(cluster: Cluster, { namespace, pod, ran }: Led, signal: AbortSignal): Promise<Question[]> {
  const held = await pullSecrets(cluster, namespace, pod, signal)
  const containers = [...(pod.containers ?? []), ...(pod.initContainers ?? [])]
  return containers.flatMap(({ image, imagePullPolicy: policy }) =>
    image ? [{ image, reference: referenceOf(image), policy, ran: [...new Set(ran(image))], namespace, held }] : [],
  )
}

/** The same image is asked for anew with other logins or another expectation only. */
function keyOf({ image, policy, ran, namespace, held }: Question): string {
  return JSON.stringify([image, policy, ran, namespace, held.keyring])
}

async function answer({ images }: Cluster, question: Question, signal: AbortSignal): Promise<Finding> {
  const { reference, policy, ran, held } = question
  if (!images || !reference) return { is: 'unknown', why: 'it is no image of a registry' }
  if (policy === 'Never') return { is: 'unknown', why: 'imagePullPolicy is Never, so the nodes must have it already' }
  const logins = loginsFor(held.keyring, reference.registry, reference.repository)
  return look(reference, ran, { logins, settings: images, signal })
}

function isProven(finding: Finding): boolean {
  return finding.is === 'there' && finding.proven
}

const GONE_NEXT =
  'Push what is missing again, choose another revision with `to`, or set force with a reason where the nodes get it elsewhere'

function goneText({ image, reference, policy, ran }: Question, { kept }: Extract<Finding, { is: 'gone' }>): string {
  const cached = policy === 'IfNotPresent' ? ', except on nodes that still have it cached' : ''
  const content = kept === true ? `; what ran is still there as ${ran[0]} and can be tagged again` : ''
  return `${reference?.registry} does not have ${image} any more, so pods will not start${cached}${content}`
}

/** Somebody pushed something else under the name. It may be a rebuild with mended libraries, or the broken release. */
function movedWarnings({ image, reference, policy, ran }: Question, finding: Finding): Warning[] {
  if (finding.is !== 'moved' || !reference) return []
  const where =
    policy === 'IfNotPresent'
      ? 'Nodes without a cached copy start the new one, others the old one'
      : 'Pods start the new one'
  const exact = `${reference.registry}/${reference.repository}@${ran[0]}`
  const next =
    finding.kept === true
      ? `what ran is still there: deploy ${exact} to get exactly it`
      : `what ran is ${finding.kept === false ? 'not there any more' : 'perhaps still there'} (${exact})`
  const message = `${image} was ${ran.join(' and ')} when it ran, and the registry has ${finding.digest} under that name now. ${where}; ${next}, or confirm that the new one is meant`
  return [{ code: 'IMAGE_MOVED', message, confirm: true }]
}

function unknownText({ question: { image, held }, finding }: Answered): string[] {
  if (finding.is !== 'unknown') return []
  return [`${image}: ${[finding.why, ...held.unread].join('; ')}`]
}

/** The lines that a warning lists before it counts the rest. */
const LINES = 10

function notChecked(lines: readonly string[], left: number): Warning[] {
  const more = Math.max(0, left) + Math.max(0, lines.length - LINES)
  const all = [...lines.slice(0, LINES), ...(more > 0 ? [`and ${more} more images`] : [])]
  if (all.length === 0) return []
  const message = `whether these images still exist could not be checked: ${all.join('. ')}`
  return [{ code: 'IMAGE_NOT_CHECKED', message }]
}
