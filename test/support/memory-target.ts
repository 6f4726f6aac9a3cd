import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { UnwindError } from '../../model/errors.ts'
import type { Reference } from '../../model/reference.ts'
import { defineKind, Name, Ref, stepFields } from '../../model/step.ts'
import { type CallContext, defineTarget, type Move, type Plan, type Target } from '../../model/target.ts'

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

export const MemoryStep = z.strictObject({
  kind: z.literal('memory'),
  ...stepFields,
  object: Name,
  system: Name.default('memory'),
  to: z.union([z.string(), Ref]).default('previous'),
  irreversible: z.boolean().optional(),
  unverified: z.boolean().optional(),
})
type MemoryStep = z.infer<typeof MemoryStep>

export const memoryKind = defineKind({
  schema: MemoryStep,
  connection: 'system',
  inherits: ['system'],
  leaves: ['uid', 'revision'],
  title: ({ object, to }) => `${object} → ${typeof to === 'string' ? to : to.ref}`,
})

/** The target of such a system. */
export function memoryTarget(system: MemorySystem): Target<typeof MemoryStep, MemoryState, MemorySystem> {
  return defineTarget<typeof MemoryStep, MemoryState, MemorySystem>({
    schema: MemoryStep,
    connect: async () => system,
    history: async (step) => {
      const { revisions, at, deployedAt, details = {} } = system.get(step.object)
      const known = revisions.map((id) => ({
        ...{ id, title: id, current: id === at, verified: false, details },
        ...(deployedAt && { createdAt: deployedAt }),
      }))
      return known.toReversed()
    },
    plan: async (step, context) => plan(system, step, context),
    apply: async (step, move, context) => apply(system.get(step.object), step, move, context),
    verify: async (step, state) => {
      const { at, health } = system.get(step.object)
      const status = at === state.revision ? health : 'fail'
      return { status, evidence: { summary: `${step.object} is at ${at}: ${status}` } }
    },
  })
}

function plan(system: MemorySystem, step: MemoryStep, context: CallContext): Plan<MemoryState> {
  const { uid, revisions, at, release } = system.get(step.object)
  const from = (context.assumed as MemoryState | undefined) ?? { uid, revision: at }
  const previous = revisions[revisions.indexOf(textOf(from.revision)) - 1]
  const wanted = (context.towards as MemoryState | undefined)?.revision ?? (step.to === 'previous' ? previous : step.to)
  if (wanted === undefined || (typeof wanted === 'string' && !revisions.includes(wanted)))
    throw new UnwindError('NO_ROLLBACK_TARGET', `${step.object} has no revision before ${textOf(from.revision)}`)
  return {
    summary: `${textOf(from.revision)} → ${textOf(wanted)}`,
    object: `memory/${system.id}/${step.object}`,
    from,
    to: { uid, revision: wanted },
    changes: [{ path: 'revision', from: textOf(from.revision), to: textOf(wanted) }],
    reversible: step.irreversible ? { because: 'the step says so' } : true,
    warnings: step.unverified ? [{ code: 'UNVERIFIED_TARGET', message: 'nobody recorded it', confirm: true }] : [],
    limits: { apply: 10_000, verify: 10_000 },
    ...(release && { release }),
  }
}

function apply(
  object: MemoryObject,
  step: MemoryStep,
  { from, to }: Move<MemoryState>,
  context: CallContext,
): { state: MemoryState } {
  if (object.at === to.revision) return { state: to }
  if (object.at !== from.revision) {
    const untouched = object.by !== context.rollbackId
    throw new UnwindError('PLAN_STALE', `${step.object} is at ${object.at}, planned from ${textOf(from.revision)}`, {
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
