import { randomUUID } from 'node:crypto'
import { UnwindError } from '../model/errors.ts'
import type { Reference } from '../model/reference.ts'
import {
  type CallContext,
  defineTarget,
  type Move,
  type Plan,
  type StepSchema,
  type Target,
  type Warning,
} from '../model/target.ts'

/** A system that lives in memory and obeys the contract: a set of named objects, each at one of its revisions. */
export class MemorySystem {
  /** Part of every object's identity, so that two systems never share a lock. */
  readonly id = randomUUID()
  readonly objects = new Map<string, MemoryObject>()

  /** Puts an object there that has been through these revisions; the last one is where it is. */
  put(name: string, ...revisions: string[]): MemoryObject {
    const object: MemoryObject = {
      uid: randomUUID(),
      revisions,
      at: revisions.at(-1) ?? '',
      by: undefined,
      writes: [],
      health: 'pass',
    }
    this.objects.set(name, object)
    return object
  }

  get(name: string): MemoryObject {
    const object = this.objects.get(name)
    if (!object) throw new UnwindError('TARGET_NOT_FOUND', `there is no object ${name} in memory`)
    return object
  }
}

export interface MemoryObject {
  uid: string
  revisions: string[]
  at: string
  by: string | undefined
  /** Every revision that was written, in order: what "act once" is counted on. */
  writes: string[]
  health: 'pass' | 'fail' | 'inconclusive'
  /** The release that its revisions belong to, if the system knew one. */
  release?: string
  /** When the revision that it is at was put there, and what else its history tells. */
  deployedAt?: string
  details?: Record<string, string>
}

type MemoryState = { uid: string; revision: string | Reference }

/** What a step means here, whatever its kind: which object goes where, and what its plan says of that. */
export interface MemoryMove {
  object: string
  /** `previous`, the name of a revision, or what an earlier step leaves. */
  to: string | Reference
  irreversible?: boolean | undefined
  data?: boolean | undefined
  warnings?: Warning[]
}

/** A target of any kind whose system lives in memory. The system is asked for at each call: it may be another one by then. */
export function memoryTarget<Schema extends StepSchema>(
  schema: Schema,
  system: () => MemorySystem,
  read: (step: Record<string, unknown>, stepId: string) => MemoryMove,
): Target {
  const made = defineTarget<StepSchema, MemoryState, MemorySystem>({
    schema,
    connect: async () => system(),
    history: async (step, { stepId }) => {
      const { revisions, at, deployedAt, details = {} } = system().get(read(step, stepId).object)
      const known = revisions.map((id) => ({
        ...{ id, title: id, current: id === at, verified: false, details },
        ...(deployedAt && { createdAt: deployedAt }),
      }))
      return known.toReversed()
    },
    plan: async (step, context) => plan(system(), read(step, context.stepId), context),
    apply: async (step, move, context) => {
      const { object } = read(step, context.stepId)
      return apply(system().get(object), object, move, context)
    },
    verify: async (step, state, { stepId }) => {
      const { object } = read(step, stepId)
      const { at, health } = system().get(object)
      const status = at === state.revision ? health : 'fail'
      return { status, evidence: { summary: `${object} is at ${at}: ${status}` } }
    },
  })
  return made as unknown as Target
}

function plan(system: MemorySystem, move: MemoryMove, context: CallContext): Plan<MemoryState> {
  const { uid, revisions, at, release } = system.get(move.object)
  const from = (context.assumed as MemoryState | undefined) ?? { uid, revision: at }
  const previous = revisions[revisions.indexOf(textOf(from.revision)) - 1]
  const wanted = (context.towards as MemoryState | undefined)?.revision ?? (move.to === 'previous' ? previous : move.to)
  if (wanted === undefined || (typeof wanted === 'string' && !revisions.includes(wanted)))
    throw new UnwindError('NO_ROLLBACK_TARGET', `${move.object} has no revision before ${textOf(from.revision)}`)
  return {
    summary: `${textOf(from.revision)} → ${textOf(wanted)}`,
    object: `memory/${system.id}/${move.object}`,
    from,
    to: { uid, revision: wanted },
    changes: [{ path: 'revision', from: textOf(from.revision), to: textOf(wanted) }],
    reversible: move.irreversible ? { because: 'the step says so' } : true,
    warnings: move.warnings ?? [],
    limits: { apply: 10_000, verify: 10_000 },
    artifacts: { from: [imageOf(move.object, textOf(from.revision))], to: [imageOf(move.object, textOf(wanted))] },
    ...(move.data && { data: true }),
    ...(release && { release }),
  }
}

/** The image that an object runs at a revision, as a ledger would record it. */
export function imageOf(object: string, revision: string): string {
  return `memory/${object}:${revision}`
}

function apply(
  object: MemoryObject,
  name: string,
  { from, to }: Move<MemoryState>,
  context: CallContext,
): { state: MemoryState } {
  if (object.at === to.revision) return { state: to }
  if (object.at !== from.revision) {
    const untouched = object.by !== context.rollbackId
    throw new UnwindError('PLAN_STALE', `${name} is at ${object.at}, planned from ${textOf(from.revision)}`, {
      untouched,
    })
  }
  object.at = textOf(to.revision)
  object.by = context.rollbackId
  object.writes.push(object.at)
  return { state: to }
}

function textOf(revision: string | Reference): string {
  return typeof revision === 'string' ? revision : `{${revision.ref}}`
}
