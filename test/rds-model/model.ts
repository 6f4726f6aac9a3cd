import type { Description } from './description.ts'
import { Fault, faultOf } from './fault.ts'
import type { Cluster } from './clusters/cluster.ts'
import { Instance, type Store, type Stretch } from './instance.ts'
import { text, type Value } from './wire.ts'

/** How long things take, in milliseconds. By default as on AWS, by the sources named at each. */
export interface Durations {
  /** An empty restore: 21 to 25 minutes in the acceptance tests of Terraform's provider (terraform-provider-aws#15969). */
  restore: number
  /** After a modify call the status still says available for a while (boto/boto3#609). */
  lag: number
  /** Neither name leads to the instance: up to 10 minutes (UserGuide, USER_RenameInstance). */
  rename: number
  modify: number
  reboot: number
  snapshot: number
  remove: number
  /** The last backup of the log: every 5 minutes (UserGuide, USER_PIT). */
  logs: number
}

/** As on AWS. */
export const AWS: Durations = {
  ...{ restore: 1_300_000, lag: 10_000, rename: 300_000, modify: 60_000, reboot: 60_000, snapshot: 150_000 },
  ...{ remove: 300_000, logs: 300_000 },
}

export interface ModelOptions {
  durations?: Partial<Durations>
  /** Epoch milliseconds; the machine's clock unless given. */
  clock?: () => number
  region?: string
  account?: string
}

export interface Snapshot {
  id: string
  source: Instance
  settings: Value
  tags: Map<string, string>
  createdAt: Date
  readyAt: number
  store?: Promise<Store> | undefined
}

/** What the model holds: a region of an account. Its rules stand in the operations, each with AWS's own words for it. */
export class Region {
  readonly description: Description
  readonly durations: Durations
  readonly clock: () => number
  readonly name: string
  readonly account: string
  readonly instances: Instance[] = []
  readonly snapshots: Snapshot[] = []
  /** Of Aurora; their members are among the instances. */
  readonly clusters: Cluster[] = []
  readonly clusterSnapshots: Snapshot[] = []
  /** By proxy: the instances registered with it. */
  readonly proxies = new Map<string, { resourceId: string; since: number }[]>()
  readonly proxyTags = new Map<string, Map<string, string>>()
  /** Parameter groups that were made; a default one belongs to every engine. */
  readonly parameterGroups = new Set(['default.postgres15'])
  /** Up to 40 instances in a Region of an account (UserGuide, CHAP_Limits). */
  quota = 40
  snapshotQuota = 100
  /** Stretches that something waits for, as epoch milliseconds of the model's clock. */
  readonly spent: { identifier: string; status: string; from: number; to: number }[] = []
  /** What must never be, as it was seen: two instances under one name, or one id for two. */
  readonly violations: string[] = []

  constructor(description: Description, options: ModelOptions = {}) {
    this.description = description
    this.durations = { ...AWS, ...options.durations }
    this.clock = options.clock ?? Date.now
    this.name = options.region ?? 'eu-central-1'
    this.account = options.account ?? '123456789012'
  }

  /** An instance that has been there all along. */
  put(identifier: string, settings: Value = {}, tags: Record<string, string> = {}, age = 7 * 86_400_000): Instance {
    const created = new Date(this.clock() - age)
    const instance = new Instance(identifier, { ...DEFAULTS, ...settings }, new Map(Object.entries(tags)), created)
    this.instances.push(instance)
    return instance
  }

  /** Brings everything to where it is now. */
  advance(): void {
    const now = this.clock()
    for (const one of [...this.instances, ...this.clusters]) one.advance(now)
    for (const list of [this.instances, this.clusters, ...this.clusters.map(({ members }) => members)] as Instance[][])
      for (const gone of list.filter(({ deleted, status }) => deleted && status === 'deleted'))
        list.splice(list.indexOf(gone), 1)
    this.watch()
  }

  /** Looks for what must never be. It asks no rule of the model: whatever let it happen, it is seen here. */
  watch(): void {
    for (const [word, list] of [
      ['instances', this.instances],
      ['clusters', this.clusters],
    ] as const) {
      const names = list.flatMap(({ identifier, becoming }) => [identifier, ...(becoming ? [becoming] : [])])
      const ids = list.map(({ resourceId }) => resourceId)
      const twice = [...names, ...ids].filter((one, index, all) => all.indexOf(one) !== index)
      for (const text of twice.map((one) => `two ${word} are ${one}`))
        if (!this.violations.includes(text)) this.violations.push(text)
    }
  }

  /** Sends an instance through states, one after the other. */
  pass(instance: Instance, stretches: Stretch[]): void {
    let from = Math.max(this.clock(), instance.busyUntil)
    for (const { status, lasts } of stretches) {
      this.spent.push({ identifier: instance.identifier, status, from, to: from + lasts })
      from += lasts
    }
    instance.passThrough(this.clock(), stretches)
  }

  /** By name, as clients see it; DBInstanceNotFound also while it is being renamed. Names are kept in lower case. */
  named(identifier: unknown): Instance {
    const name = text(identifier).toLowerCase()
    const found = this.instances.find((instance) => instance.identifier === name && !instance.nameless)
    if (!found) throw this.fault('DBInstanceNotFoundFault', `DBInstance ${name} not found.`)
    return found
  }

  /** A new name: 1 to 63 letters, digits or hyphens, a letter first, no hyphen last and no two together (API_ModifyDBInstance). */
  free(identifier: unknown): string {
    const name = text(identifier).toLowerCase()
    if (!/^[a-z](?!.*--)[a-z0-9-]{0,62}$/.test(name) || name.endsWith('-'))
      throw new Fault('InvalidParameterValue', `The parameter DBInstanceIdentifier is not a valid identifier: ${name}`)
    if (this.instances.some((instance) => instance.identifier === name || instance.becoming === name))
      throw this.fault('DBInstanceAlreadyExistsFault', 'DB instance already exists')
    return name
  }

  requireAvailable(instance: Instance): void {
    if (instance.status !== 'available')
      throw this.fault(
        'InvalidDBInstanceStateFault',
        `Database instance ${instance.identifier} is not in available state.`,
      )
  }

  fault(shape: string, message: string): Fault {
    return faultOf(this.description, shape, message)
  }

  arn(kind: 'db' | 'snapshot' | 'db-proxy' | 'cluster' | 'cluster-snapshot', name: string): string {
    return `arn:aws:rds:${this.name}:${this.account}:${kind}:${name}`
  }
}

/** What a restored instance gets where the call says nothing (UserGuide, USER_PIT: "default DB security group …"). */
export const DEFAULTS: Value = {
  DBInstanceClass: 'db.t4g.medium',
  Engine: 'postgres',
  EngineVersion: '15.8',
  MasterUsername: 'postgres',
  DBName: 'shop',
  AllocatedStorage: 20,
  StorageType: 'gp3',
  MultiAZ: false,
  PubliclyAccessible: false,
  DeletionProtection: false,
  CopyTagsToSnapshot: false,
  IAMDatabaseAuthenticationEnabled: false,
  AutoMinorVersionUpgrade: true,
  BackupRetentionPeriod: 7,
  MonitoringInterval: 0,
  PerformanceInsightsEnabled: false,
  DBParameterGroupName: 'default.postgres15',
  ParameterApplyStatus: 'in-sync',
  DBSubnetGroupName: 'default',
  OptionGroupName: 'default:postgres-15',
  VpcSecurityGroupIds: ['sg-default'],
  EnabledCloudwatchLogsExports: [],
}
