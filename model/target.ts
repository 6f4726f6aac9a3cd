import type { z } from 'zod'
import type { Ledger } from './service/facts.ts'

/** A step as its target's schema reads it; `kind` says which target. */
export type StepSchema = z.ZodObject<{ kind: z.ZodLiteral<string> } & z.ZodRawShape>

/**
 * What a target knows of one system's condition: identities, content hashes and small settings. Never a secret. In a
 * plan's `to` a value that is not known yet may be a `Reference`; it is filled in before `apply` is called.
 */
export type State = Record<string, unknown>

/** One thing that one could go back to. `verified` only where a finished run or a recorded health check says so. */
export interface Revision {
  id: string
  title: string
  current: boolean
  verified: boolean
  createdAt?: string
  details: Record<string, string>
}

/** One line of the diff that people approve. Values are shown to people, so they hold no secret. */
export interface Change {
  path: string
  from?: string
  to?: string
}

/** What a reader of the plan should know. `confirm: true` means that somebody must accept it by its code. */
export interface Warning {
  code: string
  message: string
  confirm?: boolean
}

/** What a step would do. `from` and `to` hold only what `apply` overwrites or could lose. Milliseconds in `limits`. */
export interface Plan<S extends State = State> {
  summary: string
  object: string
  /** Identities that are locked beside `object`, where a step moves more than one. */
  also?: string[]
  /** The state in which it leaves each of those: a later step on one of them alone is planned from there. */
  leaves?: Record<string, State>
  from: S
  to: S
  changes: Change[]
  reversible: true | { because: string }
  warnings: Warning[]
  limits: { apply: number; verify: number }
  /** The release that `to` belongs to, as far as the system tells: all steps of a run must agree on it. */
  release?: string
  /** Images, or whatever else a ledger of releases records, that run before and after. */
  artifacts?: { from: string[]; to: string[] }
  /** Whether the earlier code can run on the present data. Absent: nobody has looked, which is not yes. */
  schema?: 'safe' | 'unsafe' | 'unknown'
  /** What it means while it happens: replicas, capacity, traffic. Shown to people, not part of the digest. */
  impact?: string[]
  /** What goes away with the move: commits, features, migrations between the releases. */
  lost?: string[]
  /** Whether it touches data; approvals may ask for more then. */
  data?: boolean
  /** What stays owed once the step is done, as a sentence, until `settle` finds that it can be let go of. */
  owes?: string
}

/** Every identity that a plan locks. */
export function lockedBy({ object, also = [] }: Pick<Plan, 'object' | 'also'>): string[] {
  return [object, ...also]
}

/** From where to where; the reverse of a move is its compensation. */
export interface Move<S extends State = State> {
  from: S
  to: S
}

/** What was seen, as people would want it in a report: small, and free of secrets. */
export interface Evidence {
  summary: string
  facts?: Record<string, unknown>
}

/** Measured and good, measured and bad, or measured without a proof. Could-not-measure is an error, not a verdict. */
export interface Verdict {
  status: 'pass' | 'fail' | 'inconclusive'
  evidence: Evidence
}

/** Call me again after `again` milliseconds; `doing` and `evidence` are shown to whoever watches. */
export interface Again {
  again: number
  doing: string
}

/** Whether what a step left owed is settled now, and what was seen. */
export interface Settled {
  settled: boolean
  evidence: Evidence
}

/** What a target is told beside its step. `connection` is what the target's own `connect` gave. */
export interface CallContext<Connection = unknown> {
  rollbackId: string
  stepId: string
  service: string
  environment: string
  actor: string
  reason: string
  /** The incident that the rollback was asked for. */
  incident?: string
  connection: Connection
  signal: AbortSignal
  /** The state to go to exactly, read from an earlier run's record (undo); takes the place of the step's own choice. */
  towards?: State
  /** The state that an earlier step of this run leaves the same object in; stands in for what `plan` would read. */
  assumed?: State
  /** The same of single identities, for a step that moves several of them. */
  earlier?: Readonly<Record<string, State>>
  /**
   * A drill: names are the run's own, so that none stands in the way of a rollback; the way back takes away everything that
   * this run has made, also what a rollback keeps.
   */
  drill?: true
  /** What is recorded of the service's releases. Undefined: no answer, which is never a yes. */
  ledger?: () => Promise<Ledger | undefined>
  /** An earlier call of this very move may have written, and its write may still be on its way. */
  retried?: true
  /** When this verification began, epoch milliseconds: a soak is counted from there, also after a crash. */
  since: number
}

/**
 * One external system that can be taken back: the whole extension surface of the product. A target decides nothing,
 * loops over nothing, retries nothing and knows no other target; errors are UnwindErrors of the closed table.
 */
export interface Target<Schema extends StepSchema = StepSchema, S extends State = State, Connection = unknown> {
  readonly schema: Schema
  /** The kind of connection that it works through, where several kinds of steps share one. Default: its own kind. */
  readonly connectionKind?: string
  /** Opens the connection that a step names. Called once per connection and kept; must not touch the network. */
  connect(credentials: unknown, name: string): Promise<Connection>
  /** Read-only: what one could go back to, newest first, at most 50. */
  history(step: z.infer<Schema>, context: CallContext<Connection>): Promise<Revision[]>
  /** Read-only. Fails with NO_ROLLBACK_TARGET, TARGET_OWNED …; TARGET_UNREACHABLE is retried by the caller. */
  plan(step: z.infer<Schema>, context: CallContext<Connection>): Promise<Plan<S>>
  /** At `to`: done. At `from` or where this rollback left it half way: one step onwards. Elsewhere: PLAN_STALE. */
  apply(step: z.infer<Schema>, move: Move<S>, context: CallContext<Connection>): Promise<{ state: S } | Again>
  /**
   * Only of systems that go on by themselves: stops what `apply` has started, once a person has aborted the run while it
   * waited. Best effort: what it throws is logged.
   */
  cancel?(step: z.infer<Schema>, move: Move<S>, context: CallContext<Connection>): Promise<void>
  /** Read-only: is the system in `state`, and healthy there? */
  verify(
    step: z.infer<Schema>,
    state: S,
    context: CallContext<Connection>,
  ): Promise<Verdict | (Again & { evidence: Evidence })>
  /**
   * Only where plans say `owes`: looks whether what is owed can be let go of, and lets go of it. Asked again and again, long after
   * the run has ended; twice is once. What somebody else has let go of is settled too.
   */
  settle?(step: z.infer<Schema>, move: Move<S>, context: CallContext<Connection>): Promise<Settled>
  /**
   * Only of systems that can refuse images: lets none of these in any more, in the place that is named, and answers what
   * refuses them. With nothing denied it takes that away. Twice is once.
   */
  enforce?(
    rule: { denied: readonly string[]; place: Record<string, string>; reason: string },
    context: Pick<CallContext<Connection>, 'connection' | 'signal' | 'service' | 'environment'>,
  ): Promise<{ object: string }>
}

/** Ties the types of one target together. */
export function defineTarget<Schema extends StepSchema, S extends State, Connection>(
  target: Target<Schema, S, Connection>,
): Target<Schema, S, Connection> {
  return target
}
