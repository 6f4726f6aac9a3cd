import type { CallContext, Revision } from '../../../model/target.ts'
import type { Database } from '../../postgres/connect.ts'
import type { PostgresBackupStep } from './schema.ts'
import { readSource } from './source.ts'
import { storeOf } from './stores.ts'

/** The whole backups of this connection in the worker's folder or bucket, newest first. */
export async function history(step: PostgresBackupStep, context: CallContext<Database>): Promise<Revision[]> {
  const { connection, signal } = context
  await readSource(connection, step, signal)
  const found = await storeOf(connection).backups(signal)
  return found.map(({ at, manifest }) => ({
    id: manifest.file,
    title: `${manifest.bytes} bytes, rows of ${manifest.tables} tables`,
    current: false,
    verified: false,
    createdAt: new Date(at).toISOString(),
    details: { sha256: manifest.sha256, server: manifest.server, tool: manifest.tool },
  }))
}
