import type { MigrationsStep } from './schema.ts'

const TABLES = {
  knex: 'knex_migrations',
  sequelize: 'SequelizeMeta',
  umzug: 'SequelizeMeta',
  prisma: '_prisma_migrations',
}

/** The tool's table as SQL writes it. */
export function tableOf({ schema, table, tool }: MigrationsStep): string {
  return `${quoted(schema)}.${quoted(table ?? TABLES[tool])}`
}

/** The tool's table by its plain name. */
export function tableName({ table, tool }: MigrationsStep): string {
  return table ?? TABLES[tool]
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Where knex keeps its lock. */
export function lockTable(step: MigrationsStep): string {
  return `${quoted(step.schema)}.${quoted(`${tableName(step)}_lock`)}`
}
