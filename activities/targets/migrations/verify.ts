import type { CallContext, Verdict } from '../../../model/target.ts'
import type { Database } from '../../postgres/connect.ts'
import { digestOf, readApplied } from './applied.ts'
import { RIGHTS } from './rights.ts'
import type { MigrationsStep } from './schema.ts'
import type { MigrationsState } from './state.ts'

/** Whether the tool's own table is as the state says, and nothing failed or holds its lock. */
export async function verify(
  step: MigrationsStep,
  state: MigrationsState,
  { connection, signal }: CallContext<Database>,
): Promise<Verdict> {
  const { applied, locked } = await connection.session(signal, (session) => readApplied(session, step), {
    rights: RIGHTS,
  })
  const last = applied.at(-1)?.name ?? 'none'
  const facts = { applied: applied.length, last }
  const failed = applied.find((one) => one.failed)
  if (failed) return { status: 'fail', evidence: { summary: `${failed.name} began and never ended`, facts } }
  if (digestOf(applied.map(({ name }) => name)) !== state.applied)
    return {
      status: 'fail',
      evidence: { summary: `the applied migrations are others than planned; the last is ${last}`, facts },
    }
  if (locked) return { status: 'fail', evidence: { summary: `${step.tool}'s own lock is held`, facts } }
  return {
    status: 'pass',
    evidence: { summary: `${applied.length} migrations are applied, the last is ${last}`, facts },
  }
}
