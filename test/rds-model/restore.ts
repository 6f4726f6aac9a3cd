import { Fault } from './fault.ts'
import { Instance, type Store } from './instance.ts'
import { DEFAULTS, type Region } from './model.ts'
import { restorableFrom, restorableUntil, shown, tagsOf } from './views.ts'
import { text, type Value } from './wire.ts'

/** What the restored instance has of its source without being told (UserGuide, USER_PIT; API_RestoreDBInstanceToPointInTime). */
const KEPT = [
  'DBInstanceClass',
  'Engine',
  'EngineVersion',
  'MasterUsername',
  'DBName',
  'AllocatedStorage',
  'StorageType',
]
const CALLED: Readonly<Record<string, string>> = {
  EnableIAMDatabaseAuthentication: 'IAMDatabaseAuthenticationEnabled',
  EnableCloudwatchLogsExports: 'EnabledCloudwatchLogsExports',
}
const NO_SETTING = [
  ...['SourceDBInstanceIdentifier', 'SourceDbiResourceId', 'TargetDBInstanceIdentifier', 'RestoreTime', 'Tags'],
  ...['UseLatestRestorableTime', 'DBInstanceIdentifier', 'DBSnapshotIdentifier', 'Port'],
]

/** Exactly one source and exactly one time, which lies in the window; the name must be free. */
export function restoreToTime(region: Region, input: Value): Value {
  const source = sourceOf(region, input)
  const name = region.free(input['TargetDBInstanceIdentifier'])
  const [latest, earliest] = [restorableUntil(region, source), restorableFrom(region, source)]
  if (!latest)
    throw region.fault('PointInTimeRestoreNotEnabledFault', `Automated backups are off for ${source.identifier}.`)
  const { RestoreTime, UseLatestRestorableTime = false } = input
  if ((RestoreTime !== undefined) === UseLatestRestorableTime)
    throw new Fault('InvalidParameterCombination', 'Specify either RestoreTime or UseLatestRestorableTime.')
  const at = RestoreTime instanceof Date ? RestoreTime : latest
  if (at > latest || at < earliest)
    throw new Fault('InvalidParameterValue', `The specified time ${at.toISOString()} is not restorable.`)
  const tags = input['Tags'] === undefined ? new Map(source.tags) : tagsOf(input['Tags'])
  return create(region, source, name, input, tags, source.store?.restore(at))
}

/** The instance is made from what the snapshot says, whatever became of its source. */
export function restoreSnapshot(region: Region, input: Value): Value {
  const snapshot = region.snapshots.find(({ id }) => id === input['DBSnapshotIdentifier'])
  if (!snapshot) throw region.fault('DBSnapshotNotFoundFault', 'DBSnapshot not found.')
  if (region.clock() < snapshot.readyAt)
    throw region.fault('InvalidDBSnapshotStateFault', `DBSnapshot ${snapshot.id} is not available.`)
  const name = region.free(input['DBInstanceIdentifier'])
  return create(region, snapshot.source, name, input, tagsOf(input['Tags']), snapshot.store)
}

function sourceOf(region: Region, { SourceDBInstanceIdentifier: name, SourceDbiResourceId: id }: Value): Instance {
  if ((name === undefined) === (id === undefined))
    throw new Fault('InvalidParameterCombination', 'Specify exactly one source.')
  const found = region.instances.find(({ resourceId }) => resourceId === id)
  if (id !== undefined && !found) throw region.fault('DBInstanceNotFoundFault', `${text(id)} not found.`)
  return found ?? region.named(name)
}

function create(
  region: Region,
  source: Instance,
  name: string,
  input: Value,
  tags: Map<string, string>,
  filling: Promise<Store> | undefined,
): Value {
  if (region.instances.length >= region.quota)
    throw region.fault('InstanceQuotaExceededFault', 'DB Instance quota exceeded')
  const kept = Object.fromEntries(KEPT.map((key) => [key, source.settings[key]]))
  const given = Object.entries(input).filter(([key]) => !NO_SETTING.includes(key))
  const settings = {
    ...DEFAULTS,
    ...kept,
    ...Object.fromEntries(given.map(([key, value]) => [CALLED[key] ?? key, value])),
  }
  const instance = new Instance(name, settings, tags, new Date(region.clock()))
  instance.writes++
  region.instances.push(instance)
  const filled = filling?.then((store) => {
    instance.store = store
  })
  const { restore, lag, modify } = region.durations
  // available flaps: first backups and monitoring begin after it was seen for the first time (terraform-provider-aws#31594).
  region.pass(instance, [
    { status: 'creating', lasts: restore, ...(filled && { until: filled }) },
    { status: 'available', lasts: lag },
    { status: 'backing-up', lasts: modify },
  ])
  return { DBInstance: shown(region, instance) }
}
