import { Fault } from './fault.ts'
import type { Instance } from './instance.ts'
import type { Region } from './model.ts'
import { shown } from './views.ts'
import { text, type Value } from './wire.ts'

/** Members of the call that are called otherwise where they are read back. */
const CALLED: Readonly<Record<string, string>> = {
  EnableIAMDatabaseAuthentication: 'IAMDatabaseAuthenticationEnabled',
  EnablePerformanceInsights: 'PerformanceInsightsEnabled',
}

/** These never wait for the maintenance window (UserGuide, USER_ModifyInstance.Settings). */
const AT_ONCE = [
  ...[
    'VpcSecurityGroupIds',
    'DeletionProtection',
    'CopyTagsToSnapshot',
    'BackupRetentionPeriod',
    'MaxAllocatedStorage',
  ],
  ...['DBParameterGroupName', 'CloudwatchLogsExportConfiguration', 'EnablePerformanceInsights', 'MonitoringInterval'],
  ...['MonitoringRoleArn', 'PreferredMaintenanceWindow', 'PreferredBackupWindow', 'EnableIAMDatabaseAuthentication'],
]

/**
 * Without ApplyImmediately a change waits for the maintenance window; with it, everything that waits is applied as well
 * (API_ModifyDBInstance). A stopped or otherwise busy instance can't be modified.
 */
export function modify(region: Region, input: Value): Value {
  const { DBInstanceIdentifier, ApplyImmediately = false, NewDBInstanceIdentifier: name, ...rest } = input
  const instance = region.named(DBInstanceIdentifier)
  region.requireAvailable(instance)
  if (Object.keys(rest).length === 0 && name === undefined)
    throw new Fault('InvalidParameterCombination', 'No modifications were requested')
  const becoming = name === undefined ? undefined : region.free(name)
  const group = rest['DBParameterGroupName']
  if (group !== undefined && !region.parameterGroups.has(text(group)))
    throw region.fault('DBParameterGroupNotFoundFault', `DBParameterGroup not found: ${text(group)}`)
  instance.writes++
  const waiting = Object.fromEntries(Object.entries(rest).filter(([key]) => !AT_ONCE.includes(key)))
  for (const [key, value] of Object.entries(rest)) if (AT_ONCE.includes(key)) set(instance, key, value)
  if (!ApplyImmediately) {
    Object.assign(instance.pending, waiting, becoming !== undefined && { DBInstanceIdentifier: becoming })
    return { DBInstance: shown(region, instance) }
  }
  const { DBInstanceIdentifier: queued, ...pending } = instance.pending
  const settings = { ...pending, ...waiting }
  const next = becoming ?? (queued as string | undefined)
  if (next !== undefined) rename(region, instance, next, settings)
  else changed(region, instance, settings)
  return { DBInstance: shown(region, instance) }
}

function changed(region: Region, instance: Instance, settings: Value): void {
  instance.pending = {}
  const { lag, modify: lasts } = region.durations
  const apply = () => {
    for (const [key, value] of Object.entries(settings)) set(instance, key, value)
  }
  region.pass(instance, [
    { status: 'available', lasts: lag },
    { status: 'modifying', lasts, begins: apply },
  ])
}

/**
 * The old name is gone at once and the new one leads to the instance only later; it reboots meanwhile (UserGuide,
 * USER_RenameInstance). Right after the call the status says available still (boto/boto3#609).
 */
function rename(region: Region, instance: Instance, name: string, settings: Value): void {
  const { lag, rename: lasts, reboot } = region.durations
  instance.becoming = name
  instance.pending = {}
  const leave = () => {
    instance.nameless = true
  }
  const arrive = () => {
    instance.identifier = name
    instance.becoming = undefined
    instance.nameless = false
    for (const [key, value] of Object.entries(settings)) set(instance, key, value)
  }
  region.pass(instance, [
    { status: 'available', lasts: lag },
    { status: 'renaming', lasts, begins: leave },
    { status: 'rebooting', lasts: reboot, begins: arrive },
  ])
}

/** A new parameter group waits for a reboot that somebody has to ask for (UserGuide, USER_WorkingWithParamGroups). */
function set(instance: Instance, key: string, value: unknown): void {
  const { settings } = instance
  if (key === 'DBParameterGroupName' && settings[key] !== value) settings['ParameterApplyStatus'] = 'pending-reboot'
  if (key === 'CloudwatchLogsExportConfiguration') {
    const { EnableLogTypes: on = [], DisableLogTypes: off = [] } = value as Record<string, string[]>
    const now = settings['EnabledCloudwatchLogsExports'] as string[]
    settings['EnabledCloudwatchLogsExports'] = [...new Set([...now, ...on])].filter((type) => !off.includes(type))
  } else settings[CALLED[key] ?? key] = value
}
