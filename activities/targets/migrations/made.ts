import type { Plan } from '../../../model/target.ts'
import { type Applied, digestOf } from './applied.ts'
import type { Situation } from './decide.ts'
import type { MigrationsStep } from './schema.ts'
import type { MigrationsState } from './state.ts'
import { tableOf } from './tables.ts'

const APPLY_LIMIT = 15 * 60_000
const VERIFY_LIMIT = 60_000

export type Made = Plan<MigrationsState>

/** What every plan of a step says of its object, its limits and its release. */
export function common(step: MigrationsStep, identity: string, { target }: Situation) {
  return {
    object: `postgres/${identity}/migrations/${tableOf(step)}`,
    limits: { apply: APPLY_LIMIT, verify: VERIFY_LIMIT },
    release: target.name,
  }
}

/** The applied names in their order, as one hash. */
export function digest(applied: readonly Applied[]): string {
  return digestOf(applied.map(({ name }) => name))
}
