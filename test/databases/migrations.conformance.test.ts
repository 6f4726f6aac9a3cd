import { afterAll } from 'vitest'
import { describeTarget } from '../support/conformance-suite.ts'
import { migrationsFixture } from './migrations-fixture.ts'
import { type MigrationsLab, openMigrationsLab } from './migrations-lab.ts'

let lab: MigrationsLab | undefined
afterAll(() => lab?.close())

describeTarget('migrations (knex)', async () => {
  lab = await openMigrationsLab()
  return migrationsFixture(lab, 'knex')
})
