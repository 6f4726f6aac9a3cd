import { STATUS_CODES } from 'node:http'

/**
 * Makes the generated document one to read: a schema that only requests use loses the suffix that tells it from its
 * answering twin, what nothing refers to goes, keys of `components` are sorted, answers are named by their status.
 */
export function tidyDocument<Document>(generated: Document): Document {
  const document = structuredClone(generated) as unknown as Tree
  const schemas = (document['components'] as Tree)['schemas'] as Tree
  const renamed = new Map(
    Object.keys(schemas).flatMap((name) => {
      const plain = name.replace(/Input$/, '')
      return name !== plain && isTwin(schemas, name, plain) ? [[name, plain] as const] : []
    }),
  )
  const pointed = repoint(document, renamed) as Tree
  const components = pointed['components'] as Tree
  const kept = reachable({ ...pointed, components: {} }, components['schemas'] as Tree)
  components['schemas'] = Object.fromEntries(
    Object.entries(components['schemas'] as Tree)
      .filter(([name]) => kept.has(name))
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  )
  nameAnswers(pointed['paths'] as Tree)
  return pointed as unknown as Document
}

type Tree = Record<string, unknown>

const REF = '#/components/schemas/'

/** Whether a request's schema and an answer's may share one name: they say the same, or no answer uses that name. */
function isTwin(schemas: Tree, input: string, plain: string): boolean {
  const withoutSuffix = (value: unknown) =>
    JSON.stringify(value).replaceAll(/(#\/components\/schemas\/\w+?)Input"/g, '$1"')
  return schemas[plain] === undefined || withoutSuffix(schemas[input]) === withoutSuffix(schemas[plain])
}

function repoint(value: unknown, renamed: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((item) => repoint(item, renamed))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, item]) => {
    const target = key === '$ref' && typeof item === 'string' ? renamed.get(item.slice(REF.length)) : undefined
    return [key, target ? `${REF}${target}` : repoint(item, renamed)]
  })
  return Object.fromEntries(entries)
}

function reachable(from: unknown, schemas: Tree, found = new Set<string>()): Set<string> {
  for (const name of refsOf(from)) {
    if (found.has(name)) continue
    found.add(name)
    reachable(schemas[name], schemas, found)
  }
  return found
}

function refsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) =>
    key === '$ref' && typeof item === 'string' ? [item.slice(REF.length)] : refsOf(item),
  )
}

function nameAnswers(paths: Tree): void {
  for (const operations of Object.values(paths) as Tree[])
    for (const { responses } of Object.values(operations) as { responses: Record<string, Tree> }[])
      for (const [status, answer] of Object.entries(responses))
        if (answer['description'] === 'Default Response') answer['description'] = STATUS_CODES[status] ?? status
}
