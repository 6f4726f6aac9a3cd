import { defineTarget } from '../../../model/target.ts'
import { connectPostgres } from '../../postgres/connect.ts'
import { apply } from './apply.ts'
import { history } from './history.ts'
import { plan } from './plan.ts'
import { PostgresBackupStep } from './schema.ts'
import { verify } from './verify.ts'

/** A dump of a PostgreSQL database in a folder of the worker or a bucket, made before a risky step and never taken back. */
export const postgresBackup = defineTarget({
  schema: PostgresBackupStep,
  connectionKind: 'postgres',
  connect: connectPostgres,
  history,
  plan,
  apply,
  verify,
})
