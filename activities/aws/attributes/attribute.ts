import { createHash } from 'node:crypto'
import { canonical } from '../../../model/canonical.ts'

/** One setting that what is restored does not have by itself, or may not: how it is read, and set by which member of a call. */
export interface Attribute<Database, Make, Modify> {
  path: string
  read: (database: Database) => unknown
  /** Of the call that makes it; absent where that has none. */
  make?: keyof Make & string
  /** Of the call that changes it; absent where that has none. */
  modify?: keyof Modify & string
}

/** A setting that the call that makes it and the one that changes it take by the same name. */
export function both<Database, Field extends string>(
  path: string,
  field: Field,
  read: (database: Database) => unknown,
) {
  return { path, read, make: field, modify: field }
}

/** What the call that makes it is given, so that it is like its source. */
export function forMaking<Database, Make, Modify>(
  attributes: readonly Attribute<Database, Make, Modify>[],
  source: Database,
): Partial<Make> {
  const given = attributes.flatMap(({ read, make }) => {
    const value = read(source)
    return make === undefined || value === undefined ? [] : [[make, value]]
  })
  return Object.fromEntries(given) as Partial<Make>
}

/** Where the candidate differs from its source: shown, and none of it may be left. */
export function differing<Database, Make, Modify>(
  attributes: readonly Attribute<Database, Make, Modify>[],
  source: Database,
  candidate: Database,
): string[] {
  return attributes.filter(({ read }) => differ(read(source), read(candidate))).map(({ path }) => path)
}

/** The change that makes the candidate like its source; empty where there is none that a call can make. */
export function completing<Database, Make, Modify>(
  attributes: readonly Attribute<Database, Make, Modify>[],
  source: Database,
  candidate: Database,
): Partial<Modify> {
  const given = attributes.flatMap(({ read, modify }) =>
    modify !== undefined && read(source) !== undefined && differ(read(source), read(candidate))
      ? [[modify, read(source)]]
      : [],
  )
  return Object.fromEntries(given) as Partial<Modify>
}

/** The settings by name, as they are. */
export function valuesOf<Database, Make, Modify>(
  attributes: readonly Attribute<Database, Make, Modify>[],
  source: Database,
): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ path, read }) => [path, read(source)]))
}

/** Settings as one hash: what a plan is bound to. */
export function hashOf(values: unknown): string {
  return createHash('sha256').update(canonical(values)).digest('hex').slice(0, 16)
}

function differ(one: unknown, other: unknown): boolean {
  return canonical(one ?? null) !== canonical(other ?? null)
}
