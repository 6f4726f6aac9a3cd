import { denialOf, releaseOf } from './ledger.ts'
import type { Release, ServiceState } from './state.ts'

/** What the ledger tells those who plan: newest first. */
export interface Ledger {
  releases: LedgerRelease[]
}

export interface LedgerRelease extends Pick<Release, 'version' | 'images' | 'commit' | 'deployedAt' | 'runId'> {
  verified: boolean
  denied: boolean
  migrations: string[]
}

/** The answer of the query `ledger`. */
export function ledgerOf({ releases, denied }: ServiceState): Ledger {
  return {
    releases: releases.map((release) => ({
      ...{ version: release.version, images: release.images, deployedAt: release.deployedAt },
      ...(release.commit && { commit: release.commit }),
      ...(release.runId && { runId: release.runId }),
      verified: release.verified !== undefined,
      denied: denialOf(denied, release) !== undefined,
      migrations: release.migrations.map(({ name }) => name),
    })),
  }
}

/** Whether something has shown that these images work, and nothing has since. No entry is no. */
export function isVerified({ releases }: Ledger, images: readonly string[]): boolean {
  const found = releaseOf(releases, images)
  return found !== undefined && found.verified && !found.denied
}

/** The newest release of this name; one that a rollback put back is the same release. */
export function named({ releases }: Ledger, version: string): LedgerRelease | undefined {
  return releases.find((release) => release.version === version)
}

/**
 * The last release before the present one that something has shown to work and nobody denied. Undefined where the
 * ledger knows none: then nothing is known to be good.
 */
export function lastGoodOf({ releases }: Ledger): LedgerRelease | undefined {
  const [present] = releases
  return releases.find(({ version, verified, denied }) => verified && !denied && version !== present?.version)
}

/** Releases that go away with a move from one to the other, newest first; undefined where the ledger lacks either. */
export function between(
  { releases }: Ledger,
  from: readonly string[],
  to: readonly string[],
): LedgerRelease[] | undefined {
  const [left, reached] = [releaseOf(releases, from), releaseOf(releases, to)]
  if (!left || !reached) return undefined
  const span = releases.slice(releases.indexOf(left), releases.indexOf(reached))
  const versions = new Set<string>([reached.version])
  return span.filter(({ version }) => !versions.has(version) && versions.add(version))
}

/** The same as lines that people read: commits and migrations between two releases. */
export function lostLines(ledger: Ledger, from: readonly string[], to: readonly string[]): string[] {
  const lines = (between(ledger, from, to) ?? []).flatMap(({ version, commit, migrations }) => [
    `release ${version}${commit ? ` (commit ${commit.slice(0, 12)})` : ''}`,
    ...migrations.map((migration) => `what came with migration ${migration} of ${version}`),
  ])
  return lines.length <= MOST ? lines : [...lines.slice(0, MOST), `and ${lines.length - MOST} more`]
}

const MOST = 30
