import { createHash } from 'node:crypto'
import { measurements } from '../../../activities/checks/schemas.ts'
import { RunbookDocument } from '../../../activities/runbook.ts'
import { kinds } from '../../../activities/schemas.ts'
import { canonical } from '../../../model/canonical.ts'
import type { Configuration } from '../../../model/configuration.ts'
import type { RunInput } from '../../../model/run.ts'
import { compileRunbook } from '../../../model/runbook/compile.ts'

/** Rows that the database has before any application writes. */
export const ROWS = 100

/** How a saga ends by itself: the restored database under the name, or the old one again. */
export type Ending = 'promoted' | 'taken back'

/**
 * Snapshot, restore, validate, fence, swap, verify, unfence. To be taken back, its verification asks for what never is.
 */
export function sagaInput(configuration: Configuration, service: string, ending: Ending): RunInput {
  // Long enough for a worker that has to come back first.
  const check = { kind: 'check', within: ending === 'promoted' ? '2m' : '1s', every: '1s' }
  const asked = ending === 'promoted' ? { atLeast: ROWS } : { atMost: 0 }
  const runbook = RunbookDocument.parse({
    ...{ apiVersion: 'unwind/v1', kind: 'Runbook', metadata: { name: 'saga', service } },
    steps: [
      { id: 'copy', kind: 'rds-snapshot', instance: 'shop' },
      { id: 'restore', kind: 'rds-restore', instance: 'shop', at: 'latest', quarantine: ['sg-quarantine'] },
      {
        ...{ ...check, id: 'validate', within: '2m' },
        all: [{ postgres: 'restored', rows: { table: 'orders', atLeast: ROWS } }],
      },
      { id: 'fence', kind: 'postgres-fence', quiet: '300ms' },
      {
        ...{ id: 'swap', kind: 'rds-promote', instance: 'shop', candidate: { ref: 'restore.resourceId' } },
        fencedAt: { ref: 'fence.fencedAt' },
      },
      {
        ...{ ...check, id: 'verify', onFailure: 'compensate' },
        all: [{ postgres: 'shop', rows: { table: 'orders', ...asked } }],
      },
      { id: 'unfence', kind: 'postgres-fence', to: 'open' },
    ],
  })
  const revision = createHash('sha256').update(canonical(runbook)).digest('hex')
  return compileRunbook(
    { runbook, revision, source: 'prove', reviewed: true },
    { environment: 'test', reason: 'the release destroyed orders' },
    { configuration, kinds, measurements },
    { subject: 'alice', groups: [] },
  )
}
