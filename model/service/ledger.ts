import { canonical } from '../canonical.ts'
import { sameImages } from './images.ts'
import type { Conclusion } from './conclusion.ts'
import type { Denied, Release, ServiceState } from './state.ts'

/** What is kept of each list; with the bound on the whole it keeps the state within what a workflow may carry. */
const KEPT = { releases: 50, denied: 50, runs: 20, episodes: 100, requests: 100 } as const
/** Characters of JSON. */
const STATE_LIMIT = 256 * 1024

/** A release as it is recorded. */
export type ReleaseRecord = Pick<Release, 'version' | 'images' | 'migrations' | 'configuration' | 'deployedAt'> &
  Partial<Pick<Release, 'commit' | 'startedAt' | 'healthy'>>

/**
 * Records a deploy. The same content as what is there already is the same release: what the health check said is then
 * added to it. `created` is false for it. A version that comes back after another one is a deploy of its own.
 */
export function recordRelease(
  state: ServiceState,
  record: ReleaseRecord,
  { at, by }: Release['recorded'],
): { release: Release; created: boolean } {
  const known = knownAs(state, record)
  const release = known ?? { ...record, seq: ++state.seq, recorded: { at, by } }
  if (!known) insert(state, release)
  if (record.healthy !== undefined) judge(release, record.healthy, at)
  fit(state)
  return { release, created: known === undefined }
}

/** The newest release, or one of the same deploy: CI may repeat itself late. */
function knownAs({ releases }: ServiceState, record: ReleaseRecord): Release | undefined {
  const content = contentOf(record)
  const same = releases.filter((release) => release.runId === undefined && contentOf(release) === content)
  return same.find((release) => release === releases[0] || release.deployedAt === record.deployedAt)
}

function contentOf({ version, images, migrations, configuration, commit }: ReleaseRecord): string {
  return canonical({ version, images: images.toSorted(), migrations, configuration, commit })
}

function insert({ releases }: ServiceState, release: Release): void {
  const place = releases.findIndex(({ deployedAt }) => deployedAt <= release.deployedAt)
  releases.splice(place < 0 ? releases.length : place, 0, release)
}

function judge(release: Release, healthy: boolean, at: number): void {
  release.healthy = healthy
  if (!healthy) delete release.verified
  else release.verified ??= { at, by: 'health-check' }
}

/**
 * What a run that has ended means: where it has recovered, the release it went to is verified and at work again, the
 * one it left is denied, and deploys are locked until a person looks. An undo lifts the denial of what it brings back.
 */
export function conclude(state: ServiceState, ended: Conclusion, now: number): void {
  if (state.runs.some(({ runId }) => runId === ended.runId)) return
  const { runId, outcome, endedAt: at, by, automatic, reached, left, moved, undoes } = ended
  const [from, to] = [releaseOf(state.releases, left), releaseOf(state.releases, reached)]
  const names = { left: nameOf(from, left), reached: nameOf(to, reached) }
  state.runs.unshift({ runId, outcome, at, by, ...names, ...(automatic && { automatic }) })
  if (outcome === 'recovered' && moved > 0) {
    if (reached.length > 0) putBack(state, to, ended, now)
    if (undoes === undefined) lockAfter(state, from, names, ended)
    else state.denied = state.denied.filter((denied) => denied.runId !== undoes)
  }
  fit(state)
}

/** The release that the run went to is at work again, and shown to work; also as what it was recorded as before. */
function putBack(state: ServiceState, to: Release | undefined, ended: Conclusion, now: number): void {
  const { runId, endedAt: at, by, reached } = ended
  const verified = { at, by: 'run' as const, runId }
  const { version, images, migrations, configuration, commit } = to ?? {
    ...{ version: nameOf(undefined, reached), images: reached, migrations: [], configuration: {}, commit: undefined },
  }
  if (to) to.verified ??= verified
  insert(state, {
    ...{ seq: ++state.seq, version, images, migrations, configuration, ...(commit && { commit }) },
    ...{ deployedAt: at, recorded: { at: now, by }, verified, runId },
  })
}

function lockAfter(
  state: ServiceState,
  from: Release | undefined,
  names: { left: string; reached: string },
  { runId, endedAt: at, by, left, reason }: Conclusion,
): void {
  const because = `rolled back from ${names.left} to ${names.reached}: ${reason}`.slice(0, 500)
  const entry = { reason: because, by, at, runId }
  const images = from?.images ?? left
  if (images.length > 0) state.denied.unshift({ ...entry, images, ...(from && { version: from.version }) })
  state.lock = { ...entry, ...(state.lock?.enforced && { enforced: state.lock.enforced }) }
}

/** The newest release whose images these are. */
export function releaseOf<R extends Pick<Release, 'images'>>(
  releases: readonly R[],
  images: readonly string[],
): R | undefined {
  return images.length === 0 ? undefined : releases.find((release) => sameImages(images, release.images))
}

/** Whether a version or one of its images is on the list. */
export function denialOf(
  denied: readonly Denied[],
  asked: { version?: string | undefined; images: readonly string[] },
): Denied | undefined {
  return denied.find(
    ({ version, images }) => (version !== undefined && version === asked.version) || sameImages(asked.images, images),
  )
}

function nameOf(release: Release | undefined, images: readonly string[]): string {
  return release?.version ?? (images.join(', ').slice(0, 128) || 'unknown')
}

/** Keeps the state within its bounds: the oldest go first, the present release and the last verified one stay. */
export function fit(state: ServiceState): void {
  for (const [name, most] of Object.entries(KEPT) as [keyof typeof KEPT, number][]) state[name].splice(most)
  const kept = new Set([state.releases[0], state.releases.find(({ verified }) => verified)])
  for (let size = sizeOf(state); size > STATE_LIMIT; size = sizeOf(state)) {
    const oldest = state.releases.findLastIndex((release) => !kept.has(release))
    if (oldest >= 0) state.releases.splice(oldest, 1)
    else if (state.episodes.length > 0) state.episodes.pop()
    else return
  }
}

function sizeOf(state: ServiceState): number {
  return JSON.stringify(state).length
}
