import { Fault } from './fault.ts'
import type { Region } from './model.ts'
import { shownSnapshot, tagsOf } from './views.ts'
import { text, type Value } from './wire.ts'

/** The instance must be available, and is backing up meanwhile (API_CreateDBSnapshot; UserGuide, USER_CreateSnapshot). */
export function createSnapshot(region: Region, input: Value): Value {
  const instance = region.named(input['DBInstanceIdentifier'])
  const id = text(input['DBSnapshotIdentifier']).toLowerCase()
  if (region.snapshots.some((snapshot) => snapshot.id === id))
    throw region.fault('DBSnapshotAlreadyExistsFault', `Cannot create the snapshot because ${id} already exists.`)
  region.requireAvailable(instance)
  if (region.snapshots.length >= region.snapshotQuota)
    throw region.fault('SnapshotQuotaExceededFault', 'Cannot create more than the allowed number of manual snapshots.')
  const now = region.clock()
  const { snapshot: lasts } = region.durations
  const taken = {
    ...{ id, source: instance, settings: { ...instance.settings }, tags: tagsOf(input['Tags']) },
    ...{ createdAt: new Date(now), readyAt: now + lasts },
  }
  region.snapshots.push(taken)
  instance.writes++
  region.pass(instance, [{ status: 'backing-up', lasts }])
  return { DBSnapshot: shownSnapshot(region, taken) }
}

export function deleteSnapshot(region: Region, { DBSnapshotIdentifier: id }: Value): Value {
  const at = region.snapshots.findIndex((snapshot) => snapshot.id === id)
  const found = region.snapshots[at]
  if (!found) throw region.fault('DBSnapshotNotFoundFault', `DBSnapshot ${text(id)} not found.`)
  if (region.clock() < found.readyAt) throw new Fault('InvalidDBSnapshotState', 'The snapshot is being made.')
  region.snapshots.splice(at, 1)
  return { DBSnapshot: shownSnapshot(region, found) }
}
