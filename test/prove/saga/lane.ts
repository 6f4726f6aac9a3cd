import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadConfiguration } from '../../../config/load.ts'
import type { Configuration } from '../../../model/configuration.ts'
import { type PostgresServer, startPostgres } from '../../../tools/postgres/server.ts'
import type { RunningProcess } from '../../../tools/process.ts'
import type { Instance } from '../../rds-model/instance.ts'
import type { Durations } from '../../rds-model/model.ts'
import { type RdsModel, startRdsModel, subjectOf } from '../../rds-model/server.ts'
import { archiving, type PostgresStore, postgresStore } from '../../rds-model/store.ts'
import { reached } from '../../rds-model/views.ts'
import { startPostgresProxy } from '../../support/postgres-proxy.ts'
import { startPart } from '../crash/start-part.ts'
import type { Reached } from './application.ts'
import { plain, Watch, words } from './calls.ts'
import { ROWS } from './runbook.ts'

/** The name that applications know. */
export const NAME = 'shop'
const PASSWORD = 'UNWIND_SAGA_SUPERUSER'

/** A region of AWS with one database in it, real data, and a worker process of its own; one saga at a time. */
export interface Lane {
  model: RdsModel
  source: PostgresServer
  configuration: Configuration
  worker: RunningProcess
  /** The role of the application. */
  password: string
  /** What is done to the calls of the saga that runs. */
  watch: Watch
  /** Where a name leads to; undefined where it leads nowhere at the moment. */
  resolve(name: string): Reached | undefined
  /** Takes away what the last saga left and puts one fresh instance there. */
  fresh(): Promise<{ old: Instance; store: PostgresStore }>
}

/** Takes what has to be called at the end. */
export type AtEnd = (end: () => Promise<unknown>) => unknown

/** What a lane is opened with: where it writes, where Temporal is, and how quick the model is. */
export interface Place {
  folder: string
  temporal: string
  bundle: string
  durations: Partial<Durations>
  /** Between two looks of the product, such as `50ms`. */
  poll: string
}

export async function openLane(place: Place, name: string, atEnd: AtEnd): Promise<Lane> {
  const folder = join(place.folder, name)
  await mkdir(folder)
  const model = await startRdsModel({ durations: place.durations })
  atEnd(() => model.stop())
  const source = await startPostgres({
    settings: (state) => ({ ...archiving(state), track_commit_timestamp: 'on' }),
  })
  atEnd(() => source.stop())
  const password = randomBytes(12).toString('hex')
  await source.sql(`CREATE ROLE app LOGIN PASSWORD '${password}'; CREATE DATABASE ${NAME}`)
  await source.sql('CREATE TABLE orders (id bigint PRIMARY KEY); GRANT ALL ON orders TO app', NAME)
  const lane = { model, source, password, watch: new Watch() } as Lane
  lane.resolve = (wanted) => {
    const found = reached(model.region, wanted)
    return found?.store?.port === undefined ? undefined : { port: found.store.port, resourceId: found.resourceId }
  }
  lane.fresh = freshener(lane)
  model.meddle = (action, form) => {
    const about = plain(subjectOf(form), ownerOf(model))
    return lane.watch.meet('aws', `${action} ${about}`.trim(), !/^(?:Describe|List)/.test(action))
  }
  lane.configuration = await configure(lane, place, folder, atEnd)
  lane.worker = await startPart(
    folder,
    place.temporal,
    { part: 'worker', config: join(folder, 'unwind.yaml'), bundle: place.bundle, cache: true },
    {
      env: {
        AWS_ACCESS_KEY_ID: 'AKIAWORKER0000000000',
        AWS_SECRET_ACCESS_KEY: 'not-a-secret',
        [PASSWORD]: source.password,
      },
    },
  )
  atEnd(() => lane.worker.stop())
  return lane
}

/** Whose id it is, as far as the story goes: the first instance is the old one. */
function ownerOf({ region }: RdsModel): (resourceId: string) => string {
  return (resourceId) => (region.instances[0]?.resourceId === resourceId ? 'the old one' : 'the new one')
}

/** The worker reaches databases by name, as it would by DNS: at an address that leads to whoever has the name. */
async function configure(lane: Lane, { poll }: Place, folder: string, atEnd: AtEnd) {
  const { model } = lane
  const candidate = () => model.region.instances.find(({ tags }) => tags.has('unwind:candidate'))?.identifier ?? ''
  const through = async (name: () => string, called: string) => {
    const writes = writing()
    const proxy = await startPostgresProxy({
      port: () => lane.resolve(name())?.port,
      isWrite: () => false,
      meddle: async (statement) => {
        const mishap = await lane.watch.meet('sql', `${called}: ${words(statement)}`, writes(statement))
        return mishap === 'dropped' || mishap === 'lost' ? mishap : undefined
      },
    })
    atEnd(() => proxy.stop())
    return { kind: 'postgres', environment: 'test', host: '127.0.0.1', port: Number(new URL(proxy.url).port) }
  }
  const [named, restored] = [await through(() => NAME, NAME), await through(candidate, 'restored')]
  const { name: region, account } = model.region
  const login = { user: 'postgres', passwordVariable: PASSWORD }
  const written = {
    ...{ apiVersion: 'unwind/v1', kind: 'Configuration' },
    environments: { test: { aws: 'aws', database: NAME } },
    connections: {
      aws: { kind: 'aws', environment: 'test', region, account, endpoint: model.url, poll },
      [NAME]: { ...named, database: NAME, tls: 'off' },
      restored: { ...restored, database: NAME, tls: 'off' },
    },
    // A worker that is dead is noticed within so long.
    worker: { heartbeat: '2s', credentials: { [NAME]: login, restored: login } },
    temporal: { taskQueue: `saga-${randomBytes(4).toString('hex')}` },
  }
  const config = join(folder, 'unwind.yaml')
  await writeFile(config, JSON.stringify(written))
  return (await loadConfiguration(config)).configuration
}

const CHANGES = /^(?:GRANT|REVOKE|COMMENT|ALTER|SELECT pg_terminate_backend)/

/** Which statements change something: a COMMIT does where one before it in its transaction did, not behind mere looks. */
function writing(): (statement: string) => boolean {
  let changed = false
  return (statement) => {
    if (statement.startsWith('BEGIN')) changed = false
    if (CHANGES.test(statement)) return (changed = true)
    return statement.startsWith('COMMIT') && changed
  }
}

/** Who may connect to a database that was never fenced. */
const OPEN = `GRANT CONNECT ON DATABASE ${NAME} TO PUBLIC; COMMENT ON DATABASE ${NAME} IS NULL`

function freshener({ model, source }: Lane): Lane['fresh'] {
  let last: PostgresStore | undefined
  return async () => {
    const { region, calls } = model
    for (const list of [region.instances, region.snapshots, region.spent, region.violations, calls]) list.length = 0
    await last?.stop()
    await source.sql(OPEN)
    await source.sql(`TRUNCATE orders; INSERT INTO orders SELECT generate_series(1, ${ROWS})`, NAME)
    last = await postgresStore(source)
    const settings = { MultiAZ: true, DeletionProtection: true, PreferredMaintenanceWindow: 'sun:03:00-sun:04:00' }
    const old = region.put(NAME, settings, { team: 'payments' })
    old.store = last
    return { old, store: last }
  }
}
