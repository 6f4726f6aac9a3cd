import type { Release } from '../../model/service/state.ts'
import type { Line } from './span.ts'
import { age, type Cell, tableLines } from './table.ts'

/** What is recorded of a service, newest first; the first column is what `--to` and a runbook's release take. */
export function releaseRows(releases: readonly Release[], now: number): Line[] {
  if (releases.length === 0) return []
  const rows = releases.map((release): Cell[] => [
    release.version,
    age(now - release.deployedAt),
    release.verified ? ['good', `verified by ${release.verified.by}`] : stateOf(release),
    release.commit?.slice(0, 12) ?? '-',
    String(release.migrations.length),
    release.runId === undefined ? release.recorded.by : `rollback by ${release.recorded.by}`,
  ])
  return tableLines(['RELEASE', 'AGE', 'STATE', 'COMMIT', 'MIGRATIONS', 'BY'], rows)
}

function stateOf({ healthy }: Release): Cell {
  return healthy === false ? ['bad', 'not healthy'] : ['dim', 'unverified']
}
