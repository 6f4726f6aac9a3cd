import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { connectPostgres, type Database } from '../../activities/postgres/connect.ts'
import { type PostgresServer, startPostgres } from '../../tools/postgres/server.ts'

/** Another port, and places of the worker. */
interface More {
  port?: number
  worker?: Database['worker']
}

/** One real server, and hands to work on it as the superuser. */
export interface PostgresLab {
  readonly server: PostgresServer
  /** A new database that belongs to the role `owner_<name>`; answers its name. */
  database: (statements?: string) => Promise<string>
  /** A connection of the worker: as the superuser, or as a role that `role` made. */
  connect: (database: string, role?: string, more?: More) => Promise<Database>
  /** What the worker and the configuration would say of it. */
  credentials: (database: string, role?: string, more?: More) => object
  /** Makes a role that may log in, with these words behind CREATE ROLE. */
  role: (name: string, words?: string) => Promise<string>
  /** A session of somebody else, such as an application; ends with the lab, if it was not ended before. */
  guest: (database: string, role: string, application?: string) => Promise<pg.Client>
  close: () => Promise<void>
}

/** Starts a server. Passwords of its roles lie in variables of this process, as a worker would have them. */
export async function openPostgresLab(settings: Record<string, string> = {}): Promise<PostgresLab> {
  const server = await startPostgres({ settings })
  const password = randomBytes(12).toString('hex')
  const mark = randomBytes(4).toString('hex').toUpperCase()
  const [ours, theirs] = [`UNWIND_LAB_${mark}_SUPERUSER`, `UNWIND_LAB_${mark}_ROLE`]
  process.env[ours] = server.password
  process.env[theirs] = password
  const guests: pg.Client[] = []
  let count = 0
  const credentials: PostgresLab['credentials'] = (
    database,
    role = 'postgres',
    { port = server.port, worker } = {},
  ) => ({
    user: role,
    ...worker,
    passwordVariable: role === 'postgres' ? ours : theirs,
    pin: { host: '127.0.0.1', port, database, tls: 'off' },
  })
  const makeRole = async (name: string, words = '') => {
    await server.sql(`CREATE ROLE ${name} LOGIN PASSWORD '${password}' ${words}`)
    return name
  }
  return {
    server,
    credentials,
    role: makeRole,
    connect: (database, role, more) => connectPostgres(credentials(database, role, more), database),
    database: async (statements) => {
      const name = `shop_${++count}`
      await makeRole(`owner_${name}`)
      await server.sql(`CREATE DATABASE ${name} OWNER owner_${name}`)
      if (statements) await server.sql(statements, name)
      return name
    },
    guest: async (database, role, application = 'shop') => {
      const client = new pg.Client({
        connectionString: server.url(database, role, password),
        application_name: application,
      })
      client.on('error', () => {})
      await client.connect()
      guests.push(client)
      return client
    },
    close: async () => {
      await Promise.all(guests.map((client) => client.end().catch(() => {})))
      delete process.env[ours]
      delete process.env[theirs]
      await server.stop()
    },
  }
}
