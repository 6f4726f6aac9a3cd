import type { CallContext, Revision } from '../../../model/target.ts'
import type { Database } from '../../postgres/connect.ts'
import { readApplied } from './applied.ts'
import { releaseOf } from './files.ts'
import { RIGHTS } from './rights.ts'
import type { MigrationsStep } from './schema.ts'

/** The applied migrations, newest first, and which of the step's two releases knows each. */
export async function history(
  step: MigrationsStep,
  { connection, signal }: CallContext<Database>,
): Promise<Revision[]> {
  const { applied } = await connection.session(signal, (session) => readApplied(session, step), { rights: RIGHTS })
  const releases = await Promise.all([releaseOf(connection, step, 'target'), releaseOf(connection, step, 'leaving')])
  return applied
    .toReversed()
    .slice(0, 50)
    .map(({ name, failed }, index) => ({
      id: name,
      title: name,
      current: index === 0,
      verified: false,
      details: {
        release: releases.find(({ files }) => files.some((file) => file.name === name))?.name ?? 'neither release',
        ...(failed && { failed: 'began and never ended' }),
      },
    }))
}
