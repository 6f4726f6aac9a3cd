import { fileURLToPath } from 'node:url'
import { postgresFence } from '../../activities/targets/postgres-fence/index.ts'
import type { Target } from '../../model/target.ts'
import type { Fixture, Subject } from '../support/conformance.ts'
import { contextFor, planOf } from '../support/conformance-drive.ts'
import { startPostgresProxy } from '../support/postgres-proxy.ts'
import { Around, closedPort } from './around.ts'
import type { PostgresLab } from './postgres-lab.ts'

/** The target, with its own types dropped as the engine drops them. */
export const target = postgresFence as unknown as Target

/** The step for any database: its connection is opened by the test. */
export const fence = (more: object = {}): Record<string, unknown> => ({
  kind: 'postgres-fence',
  quiet: '100ms',
  ...more,
})

/** A role that may look and not change; it stays behind the fence, so that it and the superuser plan the same. */
const READER = 'unwind_reader'
const fenceWithReader = (more: object = {}) => fence({ except: [READER, 'postgres'], ...more })

/** Databases of a real server, in each situation that the conformance suite asks for. One fixture, one database at a time. */
export async function fenceFixture(lab: PostgresLab): Promise<Fixture> {
  const around = new Around(lab)
  await lab.role('app')
  await lab.role(READER, 'IN ROLE pg_read_all_stats')
  const arrange = async (statements?: string): Promise<Subject> => {
    const name = await around.next(statements)
    await lab.server.sql(`GRANT CONNECT ON DATABASE ${name} TO app WITH GRANT OPTION`)
    return subject(lab, name)
  }
  return {
    target,
    connection: around,
    arrange: () => arrange(),
    empty: async () => {
      await around.next()
      return { step: fence({ to: 'open' }) }
    },
    owned: async () => {
      await around.next()
      const plan = await planOf(target, fence(), contextFor(around))
      await target.apply(target.schema.parse(fence()) as never, plan, contextFor(around))
      return { step: fence({ to: 'open' }), forced: { force: { reason: 'that run is gone' } } }
    },
    forbidden: async () => ({
      connection: await lab.connect(around.name, READER),
      right: /has not the rights of owner_\w+, the owner/,
    }),
    unreachable: async () => lab.connect(around.name, 'postgres', { port: await closedPort() }),
    secret: async () => {
      const canaries = ['canary-in-row-5', 'canary in comment & 3', 'canary-in-app-name', 'canary-in-query-8']
      const [row = '', comment = '', application = '', query = ''] = canaries
      const found = await arrange(
        `CREATE TABLE t AS SELECT '${row}' AS v; COMMENT ON DATABASE ${around.after()} IS '${comment}'`,
      )
      const guest = await lab.guest(around.name, 'app', application)
      await guest.query(`SELECT '${query}'`)
      return { subject: found, canaries }
    },
    proxied: async () => {
      const proxy = await startPostgresProxy({
        port: lab.server.port,
        isWrite: (text) => /^(?:GRANT|REVOKE)/.test(text),
      })
      const module = fileURLToPath(new URL('../../activities/targets/postgres-fence/index.ts', import.meta.url))
      const credentials = lab.credentials(around.name, 'postgres', { port: Number(new URL(proxy.url).port) })
      return { proxy, credentials, module, exported: 'postgresFence' }
    },
  }
}

function subject({ server }: PostgresLab, name: string): Subject {
  const one = (sql: string) => server.sql(sql.replaceAll('$name', `'${name}'`), name)
  return {
    step: fenceWithReader(),
    read: async () => ({ rights: await one(RIGHTS), comment: await one(COMMENT), logins: await one(LOGINS) }),
    version: () => one('SELECT xmin, datacl FROM pg_database WHERE datname = $name'),
    elsewhere: async () => {
      await server.sql(`CREATE ROLE late_${name} LOGIN; GRANT CONNECT ON DATABASE ${name} TO late_${name}`)
    },
    irrelevant: async () => {
      await server.sql(`GRANT CREATE ON DATABASE ${name} TO app; CREATE TABLE made_meanwhile ()`, name)
      return async () => (await one(`SELECT has_database_privilege('app', $name, 'CREATE')`)) === 't'
    },
  }
}

/** Rights as they hold: rights that were never touched and those that say the same are the same. */
const RIGHTS = `SELECT coalesce(g.rolname, 'public'), a.privilege_type, a.is_grantable, o.rolname FROM pg_database d,
  aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a LEFT JOIN pg_roles g ON g.oid = a.grantee
  LEFT JOIN pg_roles o ON o.oid = a.grantor WHERE d.datname = $name ORDER BY 1, 2`
const COMMENT = `SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $name`
const LOGINS = 'SELECT rolname, rolcanlogin FROM pg_roles ORDER BY 1'
