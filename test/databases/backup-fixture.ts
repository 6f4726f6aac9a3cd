import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import type { Database } from '../../activities/postgres/connect.ts'
import { postgresBackup } from '../../activities/targets/postgres-backup/index.ts'
import type { Target } from '../../model/target.ts'
import type { Fixture, Subject } from '../support/conformance.ts'
import { Around, closedPort } from './around.ts'
import type { PostgresLab } from './postgres-lab.ts'

export const target = postgresBackup as unknown as Target
export const backup = (more: object = {}): Record<string, unknown> => ({ kind: 'postgres-backup', ...more })

/** A folder of backups for a worker, and where its programs are. */
export async function workerOf({ server }: PostgresLab): Promise<{ backups: string; programs: string }> {
  return { backups: await mkdtemp(join(tmpdir(), 'unwind-backups-')), programs: server.binDir }
}

/** Databases of a real server, in each situation that the conformance suite asks for and that a backup can be in. */
export async function backupFixture(lab: PostgresLab, given?: Database['worker']): Promise<Fixture> {
  const worker = given ?? (await workerOf(lab))
  const around = new Around(lab, worker)
  const never = () => Promise.reject(new Error('this case is not for backups'))
  const arrange = async (statements = `CREATE TABLE t AS SELECT n FROM generate_series(1, 1000) n`): Promise<Subject> =>
    subject(lab, await around.next(statements))
  await lab.role('nearly_backup')
  return {
    target,
    connection: around,
    arrange: () => arrange(),
    empty: async () => {
      await around.next()
      return { step: backup() }
    },
    owned: never,
    forbidden: async () => ({
      connection: await lab.connect(around.name, 'nearly_backup', { worker }),
      right: /permission denied for table .*rbac\/postgres-backup/,
    }),
    unreachable: async () => lab.connect(around.name, 'postgres', { port: await closedPort(), worker }),
    secret: never,
    proxied: never,
  }
}

function subject({ server }: PostgresLab, name: string): Subject {
  return {
    step: backup(),
    read: () => server.sql('SELECT * FROM t ORDER BY 1 LIMIT 5000', name),
    version: () =>
      server.sql(`SELECT oid, (SELECT max(xmin::text) FROM pg_class) FROM pg_database WHERE datname = '${name}'`, name),
    elsewhere: async () => {
      await server.sql(`DROP DATABASE ${name} WITH (FORCE)`)
      await server.sql(`CREATE DATABASE ${name}`)
      await server.sql('CREATE TABLE t AS SELECT 1 AS n', name)
    },
    irrelevant: async () => {
      await server.sql('CREATE TABLE made_meanwhile AS SELECT 1 AS n', name)
      return async () => (await server.sql('SELECT n FROM made_meanwhile', name)) === '1'
    },
  }
}
