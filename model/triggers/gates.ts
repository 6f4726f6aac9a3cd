import { lastGoodOf, ledgerOf, type LedgerRelease } from '../service/facts.ts'
import type { Release, ServiceState } from '../service/state.ts'
import type { Alert, Episode, Refusal, RefusalCode } from './episode.ts'
import { frozenAt, type GateSettings } from './gate-settings.ts'

const DAY = 24 * 60 * 60_000
/** Rollouts and scrapes have their own clocks: an alert that began so shortly before the deploy may be its own. */
const CLOCKS = 1_000

/** What a proposal asks its service before anything starts by itself. */
export interface Admission {
  id: string
  alert: Pick<Alert, 'fingerprint' | 'startsAt'>
  settings: GateSettings
  /** What the plans say of the schema: only `safe` is safe. */
  schema: 'safe' | 'unsafe' | 'unknown'
}

/**
 * The gates that one service can judge by itself (docs/guide/triggers.md lists them): every reason that speaks against
 * starting a rollback for this episode now, and the deploy that is to blame. Pure.
 */
export function serviceGates(
  state: ServiceState,
  { id, alert, settings, schema }: Admission,
  now: number,
): { refusals: Refusal[]; deploy?: number } {
  const deploy = state.releases.find(({ runId }) => runId === undefined)
  const refusals = [
    ...standingGates(state, now),
    ...(frozenAt(settings.freeze, now) ? [refusal('FROZEN', frozenAt(settings.freeze, now) ?? '')] : []),
    ...paceGates(state, settings, now),
    ...flapGates(state, { id, alert, settings }, now),
    ...causeGates(state, deploy, { id, alert, settings }),
    ...targetGates(state, schema),
  ]
  return { refusals, ...(deploy && { deploy: deploy.seq }) }
}

function standingGates({ stopped, lock, concluding }: ServiceState, now: number): Refusal[] {
  const locked = lock && !(lock.until !== undefined && lock.until <= now)
  return [
    ...(stopped ? [refusal('STOPPED', `automatic rollbacks are stopped by ${stopped.by}: ${stopped.reason}`)] : []),
    ...(locked ? [refusal('LOCKED', `the service is locked by ${lock.by}: ${lock.reason}`)] : []),
    ...(concluding.length > 0 ? [refusal('ROLLBACK_RUNNING', 'a rollback of the service has just ended')] : []),
  ]
}

function paceGates({ runs, episodes }: ServiceState, { coolDown, perDay }: GateSettings, now: number): Refusal[] {
  const last = runs.find(({ outcome }) => outcome !== 'not-applicable' && outcome !== 'rejected')
  const today = runs.filter(({ automatic, at }) => automatic && at > now - DAY).length
  const acting = episodes.find(({ standing }) => standing === 'acting')
  return [
    ...(acting ? [refusal('ROLLBACK_RUNNING', `a rollback for ${acting.trigger} is running`)] : []),
    ...(last && last.at > now - coolDown
      ? [
          refusal(
            'COOL_DOWN',
            `the service was rolled back at ${iso(last.at)}; nothing starts by itself until ${iso(last.at + coolDown)}`,
          ),
        ]
      : []),
    ...(today >= perDay
      ? [refusal('BUDGET', `${today} rollbacks of the service started by themselves within a day`)]
      : []),
  ]
}

/** An alert that comes and goes, and versions that go to and fro, are not mended by one more rollback. */
function flapGates(
  { releases, episodes }: ServiceState,
  { alert, settings }: Pick<Admission, 'id' | 'alert' | 'settings'>,
  now: number,
): Refusal[] {
  const since = now - settings.blame
  const same = episodes.filter((episode) => episode.fingerprint === alert.fingerprint && episode.openedAt >= since)
  const [a, b, c, d] = releases.map(({ version }) => version)
  const fro = a !== undefined && b !== undefined && a !== b && a === c && b === d
  return [
    ...(same.length >= settings.flaps
      ? [refusal('FLAPPING', `the alert came and went ${same.length} times since ${iso(since)}`)]
      : []),
    ...(fro ? [refusal('FLAPPING', `the service goes to and fro between ${a} and ${b}`)] : []),
  ]
}

/** Whether the last deploy can be what the alert is about. */
function causeGates(
  { releases, episodes }: ServiceState,
  deploy: Release | undefined,
  { id, alert, settings }: Pick<Admission, 'id' | 'alert' | 'settings'>,
): Refusal[] {
  if (!deploy)
    return [refusal('NO_DEPLOY', 'no deploy of the service is recorded; record them with `unwind release record`')]
  const { seq, version, deployedAt } = deploy
  const began = deploy.startedAt ?? deployedAt
  if (releases[0] !== deploy)
    return [
      refusal(
        'AFTER_ROLLBACK',
        `what runs was put there by a rollback (${releases[0]?.version}); none is rolled back by itself`,
      ),
    ]
  if (alert.startsAt < began - CLOCKS)
    return [
      refusal(
        'ALERT_BEFORE_DEPLOY',
        `it alerts since ${iso(alert.startsAt)}, before ${version} was deployed at ${iso(began)}`,
      ),
    ]
  const before = episodes.find(
    (episode) =>
      episode.id !== id &&
      episode.fingerprint === alert.fingerprint &&
      episode.startsAt < began - CLOCKS &&
      (episode.resolvedAt ?? Number.POSITIVE_INFINITY) > began,
  )
  if (before)
    return [
      refusal('ALERT_BEFORE_DEPLOY', `the same alert fired already when ${version} was deployed at ${iso(began)}`),
    ]
  if (alert.startsAt > deployedAt + settings.blame)
    return [
      refusal(
        'DEPLOY_TOO_OLD',
        `${version} was deployed at ${iso(deployedAt)}, long before it alerts (${iso(alert.startsAt)})`,
      ),
    ]
  const tried = episodes.find((episode) => episode.id !== id && episode.deploy === seq && episode.runId !== undefined)
  return tried ? [refusal('ATTEMPTED', `the deploy of ${version} was answered once already, for ${tried.trigger}`)] : []
}

/** Where it would go: to something that was shown to work, and over no migration that nobody has judged. */
function targetGates(state: ServiceState, schema: Admission['schema']): Refusal[] {
  const ledger = ledgerOf(state)
  const target = lastGoodOf(ledger)
  if (!target) return [refusal('NO_VERIFIED_TARGET', 'nothing before the present release was shown to work')]
  const carried = ledger.releases
    .slice(0, ledger.releases.indexOf(target))
    .filter(({ migrations }) => migrations.length > 0)
  if (schema === 'safe' || (carried.length === 0 && schema !== 'unsafe')) return []
  return [
    refusal(
      'SCHEMA_UNSAFE',
      `${whatCarries(carried)}: whether ${target.version} can run on that schema is not known to be yes`,
    ),
  ]
}

function whatCarries(carried: readonly LedgerRelease[]): string {
  const list = carried.flatMap(({ version, migrations }) => migrations.map((migration) => `${migration} of ${version}`))
  return list.length > 0 ? `migrations lie between (${list.slice(0, 5).join(', ')})` : 'the plan says so'
}

function refusal(code: RefusalCode, text: string): Refusal {
  return { code, text: text.slice(0, 500) }
}

function iso(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`
}

/** Peers of one monitoring system see an alert begin at times that differ by their own interval. */
const PEERS_APART = 5 * 60_000

/**
 * Opens an episode, or answers the one that it belongs to: the same alert for the same trigger, still firing. Where the
 * end of an older one was never told, the beginning of the new one tells it.
 */
export function openEpisode(state: ServiceState, opened: Omit<Episode, 'openedAt' | 'standing'>, now: number): Episode {
  const { id, runbook, trigger, fingerprint, startsAt } = opened
  const alike = (other: Episode) =>
    other.fingerprint === fingerprint && other.runbook === runbook && other.trigger === trigger
  const firing = state.episodes.filter((other) => alike(other) && other.resolvedAt === undefined)
  const known =
    state.episodes.find((other) => other.id === id) ??
    firing.find((other) => Math.abs(other.startsAt - startsAt) <= PEERS_APART)
  if (known) return known
  for (const other of firing) other.resolvedAt = startsAt
  const episode: Episode = { ...opened, openedAt: now, standing: 'open' }
  state.episodes.unshift(episode)
  return episode
}
