import { afterAll } from 'vitest'
import { describeTarget } from '../support/conformance-suite.ts'
import { fenceFixture } from './fence-fixture.ts'
import { openPostgresLab, type PostgresLab } from './postgres-lab.ts'

let lab: PostgresLab | undefined
afterAll(() => lab?.close())

describeTarget('postgres-fence', async () => {
  lab = await openPostgresLab()
  return fenceFixture(lab)
})
