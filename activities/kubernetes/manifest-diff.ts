import { canonical } from '../../model/canonical.ts'
import type { Change } from '../../model/target.ts'
import { plain } from './shown.ts'
import { identityOf, type Item, titleOf } from './manifest.ts'

/** The most lines that a plan carries; what is beyond is counted in the last one. */
const LINES = 80

/** Two manifests side by side, by object. */
export interface Pair {
  before: Item | undefined
  after: Item | undefined
}

/** Every object of either manifest once, in the order of the older one, then what only the newer one has. */
export function pairs(from: readonly Item[], to: readonly Item[]): Pair[] {
  const [before, after] = [byIdentity(from), byIdentity(to)]
  const all = new Set([...after.keys(), ...before.keys()])
  return [...all].map((identity) => ({ before: before.get(identity), after: after.get(identity) }))
}

/** Which objects stay although the newer manifest no longer has them. */
export type Kept = (item: Item) => boolean

/** What is deleted: objects that only the present manifest has, but for those that are kept. */
export function deleted(all: readonly Pair[], isKept: Kept): Item[] {
  return all.flatMap(({ before, after }) => (before && !after && !isKept(before) ? [before] : []))
}

/**
 * What people approve: each object that is made or deleted, and each field of one that changes. Only values of fields
 * that never hold a secret are shown; of all others the path alone, and not even a hash, because a short password can be
 * guessed from one.
 */
export function changes(all: readonly Pair[], release: { namespace: string }, isKept: Kept): Change[] {
  const lines = all.flatMap(({ before, after }): Change[] => {
    if (before && after) return fields(before, after, titleOf(after, release))
    if (after) return [{ path: titleOf(after, release), to: 'created' }]
    if (!before) return []
    return [
      { path: titleOf(before, release), from: 'there', to: isKept(before) ? 'kept, no longer managed' : 'deleted' },
    ]
  })
  // What goes away for good comes first, so that no bound cuts it off.
  lines.sort((a, b) => Number(b.to === 'deleted') - Number(a.to === 'deleted'))
  const rest = lines.length - LINES
  return rest > 0 ? [...lines.slice(0, LINES), { path: `and ${rest} more`, to: 'changed' }] : lines
}

/**
 * The values of manifests that must not be shown, longest first: what a tool says may quote the object that the API server
 * refuses.
 */
export function hiddenValues(items: readonly Item[]): string[] {
  const words = items.flatMap((item) =>
    [...leaves(item.body)].flatMap(([path, text]) => (isShown(path) ? [] : spellings(JSON.parse(text)))),
  )
  return [...new Set(words)].sort((a, b) => b.length - a.length)
}

/** Shorter ones are in too many words to be told from them, and no secret. */
const SHORTEST = 4

function spellings(value: unknown): string[] {
  if (typeof value !== 'string') return []
  const lines = value.split('\n').map((line) => line.trim())
  const decoded = Buffer.from(value, 'base64').toString('utf8')
  const all = [value, JSON.stringify(value).slice(1, -1), ...lines, decoded]
  return all.filter((word) => word.length >= SHORTEST)
}

function byIdentity(items: readonly Item[]): Map<string, Item> {
  return new Map(items.map((item) => [identityOf(item), item]))
}

function fields(before: Item, after: Item, title: string): Change[] {
  const [old, now] = [leaves(before.body), leaves(after.body)]
  const paths = [...new Set([...now.keys(), ...old.keys()])].sort()
  return paths.flatMap((path) => {
    const [was, is] = [old.get(path), now.get(path)]
    return was === is ? [] : [line(`${title} ${path}`, was, is, isShown(path))]
  })
}

function line(path: string, was: string | undefined, is: string | undefined, shown: boolean): Change {
  const another = was === undefined ? '(hidden)' : '(hidden, another value)'
  return {
    path,
    ...(was !== undefined && { from: shown ? plain(was) : '(hidden)' }),
    ...(is !== undefined && { to: shown ? plain(is) : another }),
  }
}

const CONTAINER = String.raw`spec\.(?:containers|initContainers)\[[^\]]+\]`
const POD = [
  String.raw`metadata\.labels\..+`,
  String.raw`${CONTAINER}\.(?:image|imagePullPolicy|restartPolicy|name|workingDir)`,
  String.raw`${CONTAINER}\.(?:resources|ports|volumeMounts|securityContext)[.[].+`,
  String.raw`${CONTAINER}\.env\[[^\]]+\]\.(?:name|valueFrom\..+)`,
  String.raw`${CONTAINER}\.envFrom\[.+`,
  String.raw`spec\.(?:serviceAccount|serviceAccountName|restartPolicy|terminationGracePeriodSeconds)`,
].join('|')
const SHOWN = [
  /^(?:apiVersion|kind|type|immutable|metadata\.(?:name|namespace|labels\..+))$/,
  /^spec\.(?:replicas|type|minReplicas|maxReplicas|minAvailable|maxUnavailable|schedule|suspend|paused|parallelism)$/,
  /^spec\.(?:completions|backoffLimit|serviceName|podManagementPolicy|clusterIP|minReadySeconds|revisionHistoryLimit)$/,
  /^spec\.(?:progressDeadlineSeconds|concurrencyPolicy|accessModes\[\d+\]|storageClassName|scaleTargetRef\..+)$/,
  /^spec\.(?:selector|strategy|updateStrategy|ports|resources)[.[]/,
  new RegExp(String.raw`^spec\.(?:jobTemplate\.spec\.)?template\.(?:${POD})$`),
]

function isShown(path: string): boolean {
  return SHOWN.some((pattern) => pattern.test(path))
}

/** Path → JSON of each value that is no object. Items of a list go by their name where every one has its own. */
function leaves(value: unknown, path = '', found = new Map<string, string>()): Map<string, string> {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) {
    if (value !== null && value !== undefined) found.set(path, canonical(value))
    return found
  }
  for (const [key, item] of entriesOf(value)) {
    const inside = Array.isArray(value) ? `${path}[${key}]` : [path, key].filter(Boolean).join('.')
    leaves(item, inside, found)
  }
  return found
}

function entriesOf(value: object): [string, unknown][] {
  if (!Array.isArray(value)) return Object.entries(value)
  const names = value.map((item: unknown) => (item as { name?: unknown } | null)?.name)
  const named = names.every((name) => typeof name === 'string') && new Set(names).size === names.length
  return value.map((item: unknown, index) => [named ? String(names[index]) : String(index), item])
}
