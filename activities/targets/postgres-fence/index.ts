import { defineTarget } from '../../../model/target.ts'
import { connectPostgres } from '../../postgres/connect.ts'
import { apply } from './apply.ts'
import { history } from './history.ts'
import { plan } from './plan.ts'
import { PostgresFenceStep } from './schema.ts'
import { verify } from './verify.ts'

/** Who can get into a database of PostgreSQL: nobody but the worker, and back to exactly who could before. */
export const postgresFence = defineTarget({
  schema: PostgresFenceStep,
  connectionKind: 'postgres',
  connect: connectPostgres,
  history,
  plan,
  apply,
  verify,
})
