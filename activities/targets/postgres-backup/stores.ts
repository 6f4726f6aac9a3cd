import { UnwindError } from '../../../model/errors.ts'
import type { CallContext } from '../../../model/target.ts'
import type { Database } from '../../postgres/connect.ts'
import { bucketOf } from './bucket.ts'
import { folderOf } from './folder.ts'
import { plain, type Shelf, type Store } from './shelf.ts'

/** The place of the backup of this step of this run. Throws CONFIGURATION_INVALID where the worker names none. */
export function shelfOf({ connection, rollbackId, stepId }: CallContext<Database>): Shelf {
  return storeOf(connection).shelf({
    connection: plain(connection.name),
    run: plain(rollbackId || 'dry-run'),
    step: plain(stepId),
  })
}

/** Where the backups of a connection go. Throws CONFIGURATION_INVALID where the worker names no place. */
export function storeOf(connection: Database): Store {
  const { backups } = connection.worker
  if (backups === undefined)
    throw new UnwindError(
      'CONFIGURATION_INVALID',
      `the worker has no place for backups of ${connection.name}; name one as worker.credentials.${connection.name}.backups`,
    )
  return typeof backups === 'string' ? folderOf(connection, backups) : bucketOf(connection, backups.s3)
}
