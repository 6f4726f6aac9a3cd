import type { Looking } from '../activities/checks/index.ts'
import type { CheckCall, NotifyCall, RunbookActivities } from '../model/calls.ts'
import { canonical } from '../model/canonical.ts'
import { UnwindError, isErrorCode } from '../model/errors.ts'
import { stepFields } from '../model/step.ts'
import type { StepSchema, Target } from '../model/target.ts'
import { type MemoryMove, type MemoryObject, MemorySystem, memoryTarget } from './memory.ts'
import { outcomesOf, type Scenario, type Script } from './schema.ts'

/** Everything outside of the engine in one scenario: systems in memory, what checks see, and who was told what. */
export interface Cast {
  target(kind: string, schema: StepSchema): Target
  looking(call: CheckCall): Looking
  hear(call: NotifyCall): ReturnType<RunbookActivities['unwind.notify']>
  /** What was told so far, in order. */
  readonly told: readonly Pick<NotifyCall, 'event' | 'channels'>[]
}

/** The cast of a scenario whose `release` has its times as RFC 3339. What it does not say goes well. */
export function castOf({ steps, release }: Pick<Scenario, 'steps' | 'release'>): Cast {
  const system = new MemorySystem()
  const played = new Map<string, number>()
  const told: Pick<NotifyCall, 'event' | 'channels'>[] = []
  const next = (step: string, verb: 'plan' | 'apply' | 'verify' | 'check'): string | undefined => {
    const outcomes = outcomesOf<string>(steps[step]?.[verb])
    const turn = played.get(`${step}/${verb}`) ?? 0
    played.set(`${step}/${verb}`, turn + 1)
    return outcomes[Math.min(turn, outcomes.length - 1)]
  }
  return {
    told,
    target: (kind, schema) =>
      scripted(
        memoryTarget(
          schema,
          () => system,
          (step, id) => moveOf(kind, step, steps[id] ?? {}, { system, release }),
        ),
        next,
      ),
    looking: ({ stepId, since }) => looking(since, () => next(stepId, 'check') ?? 'pass'),
    hear: async ({ event, channels }) => {
      told.push({ event, channels })
      return { channels: channels.map((name) => ({ name, ok: true })) }
    },
  }
}

/** Revisions that every object in memory has; the last one is where it is. */
const BEFORE = 'before'

interface World {
  system: MemorySystem
  release: Scenario['release']
}

/** Whatever a step names is there: its object, and the revision that it is to go to. */
function moveOf(kind: string, step: Record<string, unknown>, script: Script, { system, release }: World): MemoryMove {
  const { to = 'previous', soak: _soak, ...fields } = step
  const own = Object.entries(fields).filter(([name]) => !Object.hasOwn(stepFields, name))
  const name = `${kind} ${canonical(Object.fromEntries(own))}`
  if (!system.objects.has(name)) known(system.put(name, BEFORE, release?.version ?? 'current'), release)
  const wanted = to === 'previous' || to === 'last-good' ? 'previous' : JSON.stringify(to).replace(/^"|"$/g, '')
  const object = system.get(name)
  if (wanted !== 'previous' && !object.revisions.includes(wanted)) object.revisions.unshift(wanted)
  const warnings = (script.warnings ?? []).map((code) => ({ code, message: 'the scenario says so', confirm: true }))
  return { object: name, to: wanted, irreversible: script.irreversible, data: script.data, warnings }
}

function known(object: MemoryObject, { version, commit, deployedAt, migrations }: NonNullable<World['release']> = {}) {
  if (deployedAt) object.deployedAt = deployedAt
  object.details = {
    ...(version && { version }),
    ...(commit && { commit }),
    // A blank says that there are none; nothing at all would say that nobody knows.
    ...(migrations && { migrations: migrations.join(' ') || ' ' }),
  }
}

type Next = (step: string, verb: 'plan' | 'apply' | 'verify' | 'check') => string | undefined

/** A wrapper round the target in memory that does what the scenario says in place of, or after, the real thing. */
function scripted(target: Target, next: Next): Target {
  const fail = (outcome: string | undefined): void => {
    if (isErrorCode(outcome)) throw new UnwindError(outcome, 'the scenario says so')
  }
  return {
    ...target,
    plan: async (step, context) => {
      fail(next(context.stepId, 'plan'))
      return target.plan(step, context)
    },
    apply: async (step, move, context) => {
      const outcome = next(context.stepId, 'apply')
      fail(outcome)
      const done = await target.apply(step, move, context)
      if (outcome === 'lost') throw new UnwindError('TARGET_UNREACHABLE', 'the answer is lost, as the scenario says')
      return done
    },
    verify: async (step, state, context) => {
      const outcome = next(context.stepId, 'verify')
      fail(outcome)
      const verdict = await target.verify(step, state, context)
      if (outcome !== 'fail' && outcome !== 'inconclusive') return verdict
      return { status: outcome, evidence: { summary: `${outcome}, as the scenario says` } }
    },
  }
}

/** Looks by a clock that only sleeping moves: the rules of the series count as they are, and nobody waits for them. */
function looking(since: number, next: () => string): Looking {
  let now = since
  return {
    now: () => now,
    sleep: async (ms) => void (now += ms),
    look: async () => {
      const outcome = next()
      const status = outcome === 'fail' || outcome === 'inconclusive' || outcome === 'error' ? outcome : 'pass'
      return { at: now, status, evidence: { summary: `${outcome}, as the scenario says` } }
    },
  }
}
