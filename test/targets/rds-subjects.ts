import type { Instance } from '../rds-model/instance.ts'
import type { Region } from '../rds-model/model.ts'
import type { Subject } from '../support/conformance.ts'

export type RdsKind = 'rds-snapshot' | 'rds-restore' | 'rds-promote' | 'rds-cleanup'

const FIRST: Readonly<Record<RdsKind, number>> = {
  ...{ 'rds-snapshot': 1_000, 'rds-restore': 2_000, 'rds-promote': 3_000, 'rds-cleanup': 5_000 },
}

/** Instances of a model, one for each case, and what the suite asks of them. */
export class RdsSubjects {
  readonly #kind: RdsKind
  readonly #region: Region
  #count: number

  constructor(kind: RdsKind, region: Region) {
    this.#kind = kind
    this.#region = region
    // Several suites share a model: each has numbers of its own.
    this.#count = FIRST[kind]
  }

  /** A fresh instance, with another one that could be promoted where that is the kind. */
  arrange(tags: Record<string, string> = {}): Subject {
    const region = this.#region
    const number = ++this.#count
    const name = `subject-${number}`
    const source = region.put(name, { MultiAZ: true, DeletionProtection: true }, { team: 'payments', ...tags })
    if (this.#kind === 'rds-promote') region.put(`next-${number}`, {}, tags)
    const kept = this.#kind === 'rds-cleanup' ? this.#aside(number, source) : source
    return {
      step: this.#step(name),
      read: async () => this.#seen(number),
      version: async () => `${region.instances.reduce((sum, { writes }) => sum + writes, region.snapshots.length)}`,
      elsewhere: async () => this.#elsewhere(name, source),
      irrelevant: async () => {
        kept.tags.set('note', 'keep me')
        return async () => kept.tags.get('note') === 'keep me'
      },
    }
  }

  /** One that nothing can be made of: no backups, nothing to promote, or not available for a snapshot. */
  empty(): Pick<Subject, 'step'> {
    const name = `subject-${++this.#count}`
    const source = this.#region.put(name, { BackupRetentionPeriod: 0 })
    if (this.#kind === 'rds-snapshot') source.status = 'stopped'
    return { step: this.#step(name) }
  }

  /** As a promotion has left it eight days ago; answers the instance that serves in its place. */
  #aside(number: number, source: Instance): Instance {
    const run = `${number}`.padStart(10, '0')
    source.tags.set('unwind:aside-since', `${run} ${new Date(Date.now() - 8 * 86_400_000).toISOString()}`)
    return this.#region.put(`next-${number}`, {}, { 'unwind:run': run, 'unwind:serves': `subject-${number}` })
  }

  #step(name: string): Record<string, unknown> {
    const step = { kind: this.#kind, instance: name }
    if (this.#kind === 'rds-restore') return { ...step, at: 'latest', quarantine: ['sg-quarantine'] }
    return this.#kind === 'rds-promote' ? { ...step, candidate: name.replace('subject', 'next') } : step
  }

  /** Everything that belongs to the subject of that number, without marks of rollbacks. */
  #seen(number: number): unknown {
    const region = this.#region
    region.advance()
    const mine = (identifier: string) => new RegExp(`^(?:subject|next|taken)-${number}(?:-|$)`).test(identifier)
    const instances = region.instances
      .filter(({ identifier }) => mine(identifier))
      .map(({ identifier, resourceId, settings }) => ({ identifier, resourceId, settings: { ...settings } }))
    const snapshots = region.snapshots.filter(({ id, tags }) => mine(id) && !tags.has('unwind:released'))
    const byId = instances.toSorted((a, b) => (a.resourceId < b.resourceId ? -1 : 1))
    return { instances: byId, snapshots: snapshots.map(({ id, source }) => [id, source.resourceId]) }
  }

  /** Somebody else gives the name to another instance, changes settings, and puts what was made to a use of his own. */
  #elsewhere(name: string, source: Instance): void {
    const { instances, snapshots } = this.#region
    source.settings['MultiAZ'] = false
    if (this.#kind === 'rds-cleanup') {
      source.tags.set('unwind:serves', 'reports')
      const final = snapshots.findIndex(({ id }) => id === `${name}-final`)
      if (final >= 0) snapshots.splice(final, 1)
      return
    }
    for (const one of instances) if (one.tags.has('unwind:restored-to')) one.tags.set('unwind:serves', 'reports')
    if (this.#kind === 'rds-restore') return
    const holder = instances.find(({ identifier }) => identifier === name)
    if (holder) holder.identifier = name.replace('subject', 'taken')
    const other = this.#region.put(name)
    for (const one of snapshots.filter(({ id }) => id.startsWith(`${name}-`))) one.source = other
  }
}
