/** Stands for what an earlier step leaves behind: `restore.resourceId` is the field `resourceId` of step restore's state. */
export interface Reference {
  ref: string
}

/** The step and the field of its state that a reference names; the id of an embedded step has dots itself. */
export function partsOf({ ref }: Reference): { step: string; field: string } {
  const dot = ref.lastIndexOf('.')
  return { step: ref.slice(0, dot), field: ref.slice(dot + 1) }
}

/** Every reference inside a value. */
export function referencesIn(value: unknown): Reference[] {
  if (isReference(value)) return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(referencesIn)
}

/** The value with each reference replaced. A value without any is answered as it is. */
export function replaceReferences<Value>(value: Value, replace: (reference: Reference) => unknown): Value {
  if (referencesIn(value).length === 0) return value
  if (isReference(value)) return replace(value) as Value
  if (Array.isArray(value)) return value.map((item: unknown) => replaceReferences(item, replace)) as Value
  const entries = Object.entries(value as object).map(([key, item]) => [key, replaceReferences(item, replace)])
  return Object.fromEntries(entries) as Value
}

/** The value with what the steps before have left filled in, or the first reference that leads nowhere. */
export function resolve<Value>(
  value: Value,
  leftBy: (step: string) => Record<string, unknown> | undefined,
): { value: Value } | { missing: Reference } {
  const found = (reference: Reference) => {
    const { step, field } = partsOf(reference)
    return leftBy(step)?.[field]
  }
  const missing = referencesIn(value).find((reference) => found(reference) === undefined)
  return missing ? { missing } : { value: replaceReferences(value, found) }
}

function isReference(value: unknown): value is Reference {
  if (typeof value !== 'object' || value === null || !('ref' in value)) return false
  return typeof value.ref === 'string' && Object.keys(value).length === 1
}
