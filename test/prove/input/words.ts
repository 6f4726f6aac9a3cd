import fc from 'fast-check'
import type { ErrorCode } from '../../../model/errors.ts'
import { NAME_PATTERN } from '../../../model/ids.ts'
import { pathOf } from '../../api/request.ts'
import type { Ground } from './ground.ts'

/** A request that nobody should get away with, and the codes that may answer it. */
export interface Bad {
  name: string
  method: 'GET' | 'POST'
  url: string
  body?: unknown
  headers: Record<string, string>
  codes: ErrorCode[]
}

/** Where good requests go. */
export interface Paths {
  rollback: string[]
  message: string[]
}

export function pathsOf({ service }: Ground): Paths {
  const parts = ['approvals', 'decisions', 'abort', 'undo']
  return { rollback: ['/v1/rollbacks', '/v1/plans'], message: parts.map((part) => pathOf(service, part)) }
}

/** Anything but a name, and nothing that a URL folds away. */
export const badName = fc
  .string({ unit: 'binary', maxLength: 80 })
  .filter((text) => !NAME_PATTERN.test(text) && text !== '' && !/^\.{1,2}$/.test(text))
/** A name as the product takes it. */
export const goodName = fc.stringMatching(/^[a-z0-9]{8,20}$/)
/** A value of none of these types. */
export const wrongType = (...good: string[]) =>
  fc
    .oneof(
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.string(),
      fc.array(fc.integer(), { minLength: 1 }),
      fc.dictionary(goodName, fc.integer(), { minKeys: 1 }),
    )
    .filter((value) => !good.includes(Array.isArray(value) ? 'array' : typeof value))
