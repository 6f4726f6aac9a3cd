import type { Report } from '../../model/report/index.ts'

/** Under which keys things are kept. All times in keys are UTC without separators, so that keys sort by time. */
interface Place {
  environment: string
  service: string
}

type Run = Place & Pick<Report, 'runId' | 'startedAt'>

/** Where everything about one run lies; ends in `/`. */
export function reportFolder({ environment, service, startedAt, runId }: Run): string {
  return `${reportsOf({ environment, service })}${compact(startedAt)}-${runId}/`
}

/** Where the runs of one service lie, the oldest first. */
export function reportsOf({ environment, service }: Place): string {
  return `reports/${environment}/${service}/`
}

/** The run that a key of `reportsOf` belongs to; undefined for anything that is no whole report. */
export function runOf(key: string): string | undefined {
  return /\/\d{8}T\d{6}Z-([0-9a-f-]{36})\/report\.json$/.exec(key)?.[1]
}

/** One small line per run over all services, by time: what figures are made from without reading whole reports. */
export function summaryKey({ environment, service, startedAt, runId }: Run): string {
  return `${SUMMARIES}${compact(startedAt)}/${environment}/${service}/${runId}.json`
}

export const SUMMARIES = 'summaries/'

/** Behind which key the summaries of runs lie that began at this time or later. */
export function summariesSince(at: string): string {
  return `${SUMMARIES}${compact(at)}`
}

/** Environment and service that a summary's key names. */
export function placeOfSummary(key: string): Place | undefined {
  const [, , environment, service] = key.split('/')
  return environment && service ? { environment, service } : undefined
}

/** The script for the day when Unwind itself is down, written anew with every recorded release. */
export function breakGlassKey({ environment, service }: Place): string {
  return `break-glass/${environment}/${service}.sh`
}

/** Where the results of a service's drills lie, the oldest first; ends in `/`. */
export function drillsOf({ environment, service }: Place): string {
  return `drills/${environment}/${service}/`
}

/** One drill. Its time comes first, so that keys sort by time. */
export function drillKey(run: Run, passed: boolean): string {
  return `${drillsOf(run)}${compact(run.startedAt)}-${run.runId}-${passed ? 'passed' : 'failed'}.json`
}

/** Behind which key the drills lie that began at this time or later. */
export function drillsSince(place: Place, at: string): string {
  return `${drillsOf(place)}${compact(at)}`
}

/** The last drill of a service that passed, kept once more where a plan finds it with one look. */
export function lastDrillKey({ environment, service }: Place): string {
  return `${LAST_DRILLS}${environment}/${service}.json`
}

export const LAST_DRILLS = 'last-drills/'

function compact(at: string): string {
  return `${at.slice(0, 19).replaceAll(/[-:]/g, '')}Z`
}
