import { afterAll } from 'vitest'
import { describeTarget } from '../support/conformance-suite.ts'
import { migrationsFixture } from './migrations-fixture.ts'
import { openMigrationsLab, type MigrationsLab } from './migrations-lab.ts'

let lab: Promise<MigrationsLab> | undefined
afterAll(async () => (await lab)?.close())

for (const tool of ['knex', 'sequelize', 'umzug', 'umzug2', 'prisma'] as const)
  describeTarget(`migrations (${tool})`, async () => {
    lab ??= openMigrationsLab()
    return migrationsFixture(await lab, tool)
  })
