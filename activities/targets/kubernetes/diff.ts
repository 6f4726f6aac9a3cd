import { canonical } from '../../../model/canonical.ts'
import type { Change } from '../../../model/target.ts'
import { plain } from '../../kubernetes/shown.ts'
import type { Template } from './objects.ts'
import { pure } from './template.ts'

/** The most lines that a plan carries; what is beyond is counted in the last one. */
const LINES = 60

/**
 * What people approve: each field of the pod template that changes, by its path. Only the values of fields that never
 * hold a secret are shown; for all others (environment, commands, arguments, annotations, probes, and whatever this
 * build does not know) the path says that the value changes, and not even a hash is given, because a short password
 * can be guessed from one.
 */
export function changes(from: Template, to: Template): Change[] {
  const [before, after] = [leaves(pure(from)), leaves(pure(to))]
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort()
  const lines = paths.flatMap((path) => {
    const [old, now] = [before.get(path), after.get(path)]
    return old === now ? [] : [line(path, old, now)]
  })
  if (lines.length === 0 && canonical(pure(from)) !== canonical(pure(to)))
    return [{ path: 'order of list items', to: 'changed' }]
  const rest = lines.length - LINES
  return rest > 0 ? [...lines.slice(0, LINES), { path: `and ${rest} more fields`, to: 'changed' }] : lines
}

/**
 * The values of templates that must not be shown, longest first: messages of the API server and of admission plug-ins
 * may quote the object that they refuse, and the one that it would replace.
 */
export function hiddenValues(...templates: Template[]): string[] {
  const found = templates.flatMap((template) => [...leaves(pure(template))])
  const values = found.flatMap(([path, text]) => (isShown(path) ? [] : [text]))
  const words = values.flatMap((text) => {
    const value: unknown = JSON.parse(text)
    return typeof value === 'string' ? [value, text.slice(1, -1)] : []
  })
  return [...new Set(words.filter((word) => word.length >= 4))].sort((a, b) => b.length - a.length)
}

function line(path: string, old: string | undefined, now: string | undefined): Change {
  const shown = isShown(path)
  const show = (text: string, hidden: string) => (shown ? plain(text) : hidden)
  return {
    path,
    ...(old !== undefined && { from: show(old, '(hidden)') }),
    ...(now !== undefined && { to: show(now, old === undefined ? '(hidden)' : '(hidden, another value)') }),
  }
}

const CONTAINER = String.raw`spec\.(?:containers|initContainers)\[[^\]]+\]`
const SHOWN = [
  /^metadata\.labels\./,
  new RegExp(String.raw`^${CONTAINER}\.(?:image|imagePullPolicy|restartPolicy|name|workingDir)$`),
  new RegExp(String.raw`^${CONTAINER}\.(?:resources|ports|volumeMounts|securityContext)[.[]`),
  new RegExp(String.raw`^${CONTAINER}\.env\[[^\]]+\]\.(?:name|valueFrom\..+)$`),
  new RegExp(String.raw`^${CONTAINER}\.envFrom\[`),
  new RegExp(String.raw`^${CONTAINER}\.\w+Probe\.\w+(?:Seconds|Threshold)$`),
  /^spec\.volumes\[[^\]]+\]\.(?:name$|configMap\.|secret\.|emptyDir|persistentVolumeClaim\.|projected\.|hostPath\.|downwardAPI\.)/,
  /^spec\.(?:serviceAccount|serviceAccountName|restartPolicy|dnsPolicy|schedulerName|priorityClassName|nodeName|terminationGracePeriodSeconds|activeDeadlineSeconds|host\w+|runtimeClassName|automountServiceAccountToken)$/,
  /^spec\.(?:nodeSelector|tolerations|topologySpreadConstraints|affinity|securityContext|imagePullSecrets)[.[]/,
]

function isShown(path: string): boolean {
  return SHOWN.some((pattern) => pattern.test(path))
}

/** Path → JSON of each value that is no object. Items of a list go by their name where every one has its own. */
function leaves(value: unknown, path = '', found = new Map<string, string>()): Map<string, string> {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) {
    found.set(path, canonical(value))
    return found
  }
  if (Array.isArray(value)) {
    const names = value.map((item: unknown) => (item as { name?: unknown } | null)?.name)
    const named = names.every((name) => typeof name === 'string') && new Set(names).size === names.length
    value.forEach((item: unknown, index) => {
      leaves(item, `${path}[${named ? String(names[index]) : index}]`, found)
    })
    return found
  }
  for (const [key, item] of Object.entries(value)) leaves(item, path ? `${path}.${key}` : key, found)
  return found
}
