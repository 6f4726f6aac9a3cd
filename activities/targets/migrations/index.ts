import { defineTarget } from '../../../model/target.ts'
import { connectPostgres } from '../../postgres/connect.ts'
import { apply } from './apply.ts'
import { history } from './history.ts'
import { plan } from './plan.ts'
import { MigrationsStep } from './schema.ts'
import { verify } from './verify.ts'

/** Migrations of a PostgreSQL database by Knex, Sequelize, umzug or Prisma. */
export const migrations = defineTarget({
  schema: MigrationsStep,
  connectionKind: 'postgres',
  connect: connectPostgres,
  history,
  plan,
  apply,
  verify,
})
