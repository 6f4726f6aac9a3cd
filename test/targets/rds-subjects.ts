import { putCluster } from '../rds-model/clusters/clusters.ts'
import type { Instance } from '../rds-model/instance.ts'
import type { Region } from '../rds-model/model.ts'
import type { Subject } from '../support/conformance.ts'

export type RdsKind = 'rds-snapshot' | 'rds-restore' | 'rds-promote' | 'rds-open' | 'rds-cleanup'

/** What a step names its database by. */
export type RdsSort = 'instance' | 'cluster'

const FIRST: Readonly<Record<RdsKind, number>> = {
  ...{ 'rds-snapshot': 1_000, 'rds-restore': 2_000, 'rds-promote': 3_000, 'rds-cleanup': 5_000, 'rds-open': 6_000 },
}
/** Several suites share a model: each has numbers of its own. */
const OF_CLUSTERS = 10_000

/** What a restore does not carry over by itself. */
const OWN: Readonly<Record<RdsSort, Record<string, unknown>>> = {
  instance: {
    ...{ StorageThroughput: 500, DedicatedLogVolume: true, NetworkType: 'DUAL', MonitoringInterval: 15 },
    ...{ PerformanceInsightsEnabled: true, PerformanceInsightsRetentionPeriod: 465, DatabaseInsightsMode: 'advanced' },
    AssociatedRoles: [{ RoleArn: 'arn:aws:iam::123456789012:role/s3', FeatureName: 's3Import', Status: 'ACTIVE' }],
  },
  cluster: {
    ...{ StorageType: 'aurora-iopt1', CopyTagsToSnapshot: true, PreferredMaintenanceWindow: 'sun:03:00-sun:04:00' },
    AssociatedRoles: [{ RoleArn: 'arn:aws:iam::123456789012:role/s3', FeatureName: 's3Import', Status: 'ACTIVE' }],
  },
}

/** Databases of a model, one for each case, and what the suite asks of them. */
export class RdsSubjects {
  readonly #kind: RdsKind
  readonly #sort: RdsSort
  readonly #region: Region
  #count: number

  constructor(kind: RdsKind, sort: RdsSort, region: Region) {
    this.#kind = kind
    this.#sort = sort
    this.#region = region
    this.#count = FIRST[kind] + (sort === 'cluster' ? OF_CLUSTERS : 0)
  }

  /** A fresh database, with another one that could be promoted where that is the kind. */
  arrange(tags: Record<string, string> = {}): Subject {
    const region = this.#region
    const number = ++this.#count
    const name = `subject-${number}`
    const settings = {
      ...this.#changed(7),
      ...(this.#kind === 'rds-restore' && OWN[this.#sort]),
      DeletionProtection: true,
    }
    const source = this.#put(name, settings, { team: 'payments', ...tags })
    if (this.#kind === 'rds-promote') this.#put(`next-${number}`, {}, tags)
    if (this.#kind === 'rds-open') closed(source)
    const kept = this.#kind === 'rds-cleanup' ? this.#aside(number, source) : source
    return {
      step: this.#step(name),
      read: async () => this.#seen(number),
      version: async () => {
        const { instances, clusters, snapshots, clusterSnapshots } = region
        const writes = [...instances, ...clusters].reduce((sum, one) => sum + one.writes, 0)
        return `${writes + snapshots.length + clusterSnapshots.length}`
      },
      elsewhere: async () => this.#elsewhere(name, source),
      irrelevant: async () => {
        kept.tags.set('note', 'keep me')
        return async () => kept.tags.get('note') === 'keep me'
      },
    }
  }

  /** One that nothing can be made of: no backups, nothing to promote or to open, or not available for a snapshot. */
  empty(): Pick<Subject, 'step'> {
    const name = `subject-${++this.#count}`
    const source = this.#put(name, { BackupRetentionPeriod: 0 })
    if (this.#kind === 'rds-snapshot') source.status = 'stopped'
    return { step: this.#step(name) }
  }

  get #all(): Instance[] {
    return this.#sort === 'cluster' ? this.#region.clusters : this.#region.instances
  }

  get #snapshots() {
    return this.#sort === 'cluster' ? this.#region.clusterSnapshots : this.#region.snapshots
  }

  #put(name: string, settings?: Record<string, unknown>, tags?: Record<string, string>): Instance {
    return this.#sort === 'cluster'
      ? putCluster(this.#region, name, settings, tags)
      : this.#region.put(name, settings, tags)
  }

  /** A setting that a restore has to carry over. */
  #changed(days: number): Record<string, unknown> {
    return this.#sort === 'cluster' ? { BackupRetentionPeriod: days } : { MultiAZ: days === 7 }
  }

  /** As a promotion has left it eight days ago; answers what serves in its place. */
  #aside(number: number, source: Instance): Instance {
    const run = `${number}`.padStart(10, '0')
    source.tags.set('unwind:aside-since', `${run} ${new Date(Date.now() - 8 * 86_400_000).toISOString()}`)
    return this.#put(`next-${number}`, {}, { 'unwind:run': run, 'unwind:serves': `subject-${number}` })
  }

  #step(name: string): Record<string, unknown> {
    const step = { kind: this.#kind, [this.#sort]: name }
    if (this.#kind === 'rds-restore') return { ...step, at: 'latest', quarantine: ['sg-quarantine'] }
    if (this.#kind === 'rds-open') return { ...step, serving: name }
    return this.#kind === 'rds-promote' ? { ...step, candidate: name.replace('subject', 'next') } : step
  }

  /** Everything that belongs to the subject of that number, without marks of rollbacks. */
  #seen(number: number): unknown {
    const region = this.#region
    region.advance()
    const mine = (identifier: string) => new RegExp(`^(?:subject|next|taken)-${number}(?:-|$)`).test(identifier)
    const databases = [...region.instances, ...region.clusters]
      .filter(({ identifier }) => mine(identifier))
      .map(({ identifier, resourceId, settings }) => ({ identifier, resourceId, settings: { ...settings } }))
    const snapshots = this.#snapshots.filter(({ id, tags }) => mine(id) && !tags.has('unwind:released'))
    const byId = databases.toSorted((a, b) => (a.resourceId < b.resourceId ? -1 : 1))
    return { databases: byId, snapshots: snapshots.map(({ id, source }) => [id, source.resourceId]) }
  }

  /** Somebody else gives the name to another database, changes settings, and puts what was made to a use of his own. */
  #elsewhere(name: string, source: Instance): void {
    const snapshots = this.#snapshots
    Object.assign(source.settings, this.#changed(3))
    if (this.#kind === 'rds-open') return void source.tags.delete('unwind:serves')
    if (this.#kind === 'rds-cleanup') {
      source.tags.set('unwind:serves', 'reports')
      const final = snapshots.findIndex(({ id }) => id === `${name}-final`)
      if (final >= 0) snapshots.splice(final, 1)
      return
    }
    for (const one of this.#all) if (one.tags.has('unwind:restored-to')) one.tags.set('unwind:serves', 'reports')
    if (this.#kind === 'rds-restore') return
    const holder = this.#all.find(({ identifier }) => identifier === name)
    if (holder) holder.identifier = name.replace('subject', 'taken')
    const other = this.#put(name)
    for (const one of snapshots.filter(({ id }) => id.startsWith(`${name}-`))) one.source = other
  }
}

/** As a promotion leaves it that keeps its doors closed. */
function closed(serving: Instance): void {
  const { settings, tags, identifier } = serving
  settings['VpcSecurityGroupIds'] = ['sg-quarantine']
  tags.set('unwind:serves', identifier)
  tags.set('unwind:quarantine', 'sg-quarantine')
  tags.set('unwind:opens', 'sg-application')
}
