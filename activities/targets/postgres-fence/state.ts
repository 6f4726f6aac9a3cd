import { z } from 'zod'
import { canonical } from '../../../model/canonical.ts'
import { UnwindError } from '../../../model/errors.ts'
import type { State } from '../../../model/target.ts'

/** One who may connect: a role, or `public`, which no role can be called. */
const Grant = z.strictObject({ role: z.string(), grantable: z.literal(true).optional() })
export type Grant = z.infer<typeof Grant>

/** What a fence takes away: who may connect, and which of the roles that are named may log in at all. Sorted. */
const Access = z.strictObject({ connect: z.array(Grant).max(500), login: z.array(z.string()).max(20) })
export type Access = z.infer<typeof Access>

const Shape = z.strictObject({
  /** oid of the database: one that was dropped and made anew is another. */
  oid: z.string(),
  ...Access.shape,
  /** Only of a fenced database: what `open` goes back to. */
  before: Access.optional(),
  /** Only of a fence that a run has closed: when the last session had ended, by the clock of the server. RFC 3339. */
  fencedAt: z.iso.datetime({ offset: true }).optional(),
})

/** What Unwind knows of who can get into a database. */
export type FenceState = z.infer<typeof Shape> & State

/** A state that an earlier run or step recorded, or INVALID_REQUEST when it is none of this target's. */
export function parseState(state: State): FenceState {
  const read = Shape.safeParse(state)
  if (read.success) return read.data
  throw new UnwindError('INVALID_REQUEST', 'the recorded state is not one of a fence of a PostgreSQL database')
}

export function sameAccess(one: Access, other: Access): boolean {
  const of = ({ connect, login }: Access) => canonical({ connect, login })
  return of(one) === of(other)
}

/** In the order of the roles' names, so that equal rights are equal states. */
export function sorted({ connect, login }: Access): Access {
  return { connect: connect.toSorted((a, b) => (a.role < b.role ? -1 : 1)), login: login.toSorted() }
}

/** What the database's comment keeps while it is fenced: whose fence it is, since when, and what it took away. */
const Mark = z.strictObject({ by: z.string(), at: z.string().optional(), ...Access.shape })
export type Mark = z.infer<typeof Mark>

const MARK = /\n?\[fenced by unwind, do not edit: (\{.*\})\]$/s

/** The mark in a database's comment, and what people wrote before it. */
export function readComment(comment: string | null): { mark: Mark | undefined; rest: string | null } {
  const found = comment === null ? null : MARK.exec(comment)
  if (!found || comment === null) return { mark: undefined, rest: comment }
  const read = Mark.safeParse(parse(found[1] ?? ''))
  const rest = comment.slice(0, found.index)
  return { mark: read.success ? read.data : undefined, rest: rest === '' ? null : rest }
}

/** People's own comment with the mark behind it. */
export function withMark(rest: string | null, { by, at, connect, login }: Mark): string {
  const text = `[fenced by unwind, do not edit: ${canonical({ by, ...(at && { at }), connect, login })}]`
  return rest === null ? text : `${rest}\n${text}`
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
