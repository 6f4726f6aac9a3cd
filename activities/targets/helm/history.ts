import { releaseOf } from '../../../model/service/ledger.ts'
import type { CallContext, Revision } from '../../../model/target.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { leftBehind } from './choose.ts'
import { imagesOf, itemsOf } from '../../kubernetes/manifest.ts'
import { type ReleaseRecord, readRecord, readRelease } from './records.ts'
import type { HelmStep } from './schema.ts'
import { placeOf } from './state.ts'

const REVISIONS = 50

/** The revisions that Helm keeps, newest first, whatever their status. Which of them is verified the ledger tells alone. */
export async function history(step: HelmStep, context: CallContext<Cluster>): Promise<Revision[]> {
  const { connection: cluster, signal } = context
  const shelf = { cluster, place: placeOf(step), driver: step.driver, signal }
  const [{ entries, last }, ledger] = await Promise.all([readRelease(shelf), context.ledger?.()])
  const read = await Promise.all(entries.slice(0, REVISIONS).map((entry) => readRecord(shelf, entry)))
  const records = read.flatMap((record) => record ?? [])
  const left = leftBehind(records)
  return records.map((record) => {
    const images = imagesOf(itemsOf(record.manifest, shelf.place.namespace))
    const release = ledger && releaseOf(ledger.releases, images)
    return {
      ...revision(record, images),
      current: record.revision === last.revision,
      verified: release !== undefined && release.verified && !release.denied,
      details: {
        ...details(record),
        ...(release && { version: release.version }),
        ...(left.has(record.revision) && { rolledBackFrom: 'true' }),
      },
    }
  })
}

function revision({ revision, chart, createdAt }: ReleaseRecord, images: string[]) {
  const what = images.length > 0 ? `: ${images.slice(0, 10).join(', ')}` : ''
  const made = Number.isNaN(createdAt) ? {} : { createdAt: new Date(createdAt).toISOString() }
  return { id: String(revision), title: `${chart.name} ${chart.version}${what}`, ...made }
}

/** Descriptions of failures quote what the API server said of the objects, so only Helm's own words are given. */
function details({ status, chart, description }: ReleaseRecord): Record<string, string> {
  const own = /^(?:Rollback to \d+|Upgrade complete|Install complete|Preparing upgrade|Initial install underway)$/
  return {
    status,
    ...(chart.appVersion && { appVersion: chart.appVersion }),
    ...(own.test(description) && { description }),
  }
}
