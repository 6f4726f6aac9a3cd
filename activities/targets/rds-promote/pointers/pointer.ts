import type { Again, CallContext, Warning } from '../../../../model/target.ts'
import type { Aws } from '../../../aws/connect.ts'
import type { Held } from '../../../aws/held.ts'
import type { RdsPromoteStep } from '../schema.ts'

/** What leads applications to a database, where that is not the instance's own name. */
export interface Pointer {
  /** What people call it, such as `secret shop/database`. */
  readonly name: string
  /** What it means while it is turned, in a plan. */
  readonly impact: string
  /** Reads it. Throws TARGET_NOT_FOUND where it is not there, TARGET_REJECTED for one that can't be turned. */
  look(context: Pick<CallContext, 'signal'>): Promise<Sight>
}

/** What a pointer was seen to be. */
export interface Sight {
  leadsTo(database: Held): boolean
  /** Where it leads, in words; empty where it leads nowhere. */
  shown: string
  /** What would turn it back by itself, or replace it. */
  owner?: string
  warnings: Warning[]
  /** What is still waited for where it leads now. Throws TARGET_REJECTED where no waiting mends it. */
  waiting?: () => Again | undefined
  /** What whoever relies on it should know once it leads there. */
  note?: string
  /** Sends one change that counts only if the pointer still is what was seen. */
  turn(between: Between, context: CallContext<Aws>): Promise<Again>
}

/** Whom a pointer is turned from, and to whom. */
export interface Between {
  leaving: Held
  coming: Held
}

/** The pointer that a step names; undefined where the name of the database itself is what counts. */
export async function pointerOf({ by }: RdsPromoteStep, aws: Aws): Promise<Pointer | undefined> {
  if (by === 'rename') return undefined
  if ('secret' in by) return (await import('./secret.ts')).secretPointer(aws, by.secret)
  if ('dns' in by) return (await import('./dns.ts')).dnsPointer(aws, by.dns, by.zone)
  return (await import('./proxy.ts')).proxyPointer(aws, by.proxy)
}
