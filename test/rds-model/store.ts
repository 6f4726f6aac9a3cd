import { rm } from 'node:fs/promises'
import { type PostgresServer, startPostgres } from '../../tools/postgres/server.ts'
import { until } from '../support/until.ts'
import type { Store } from './instance.ts'

/** Data of a real server, and the servers that were made from it. */
export interface PostgresStore extends Store {
  readonly port: number
  readonly servers: PostgresServer[]
}

/** What a server is started with so that its data can be restored: its log is archived below its state folder. */
export const archiving = (state: string): Record<string, string> => ({
  archive_mode: 'on',
  archive_command: `mkdir -p ${state}/archive && cp %p ${state}/archive/%f`,
})

let backups = 0

/**
 * Takes a base backup of a server that archives its log. `restore` makes another server, on `port` where one is given, by
 * recovery of that backup and the archived log to the moment: no statement is replayed. Stopping it stops those.
 */
export async function postgresStore(server: PostgresServer, port?: number): Promise<PostgresStore> {
  await server.sql('CREATE TABLE IF NOT EXISTS beats (at timestamptz)')
  const backup = await server.baseBackup(`backup-${++backups}`)
  const servers: PostgresServer[] = []
  const running = new Set<PostgresServer>()
  let ended = Promise.resolve()
  const end = (made: PostgresServer) => (running.delete(made) ? (ended = made.stop()) : ended)
  const restore = async (at: Date): Promise<Store> => {
    await ended
    const made = await recover(server, backup, at, port)
    servers.push(made)
    running.add(made)
    return {
      port: made.port,
      restore: () => Promise.reject(new Error('nobody restores a restored one')),
      stop: () => end(made),
    }
  }
  const stop = async () => {
    await Promise.all([...running].map(end))
    await rm(backup, { recursive: true, force: true })
  }
  return { port: server.port, servers, restore, stop }
}

async function recover(server: PostgresServer, backup: string, at: Date, port?: number): Promise<PostgresServer> {
  // Recovery has to see a commit after the moment, or it believes that the log is not whole.
  const log = await server.sql('INSERT INTO beats VALUES (now()); SELECT pg_walfile_name(pg_switch_wal())')
  await until(
    () => server.sql('SELECT coalesce(last_archived_wal, $$$$) FROM pg_stat_archiver'),
    (last) => last >= (log.split('\n').at(-1) ?? ''),
    (last) => `${last} is archived, not ${log}`,
    60_000,
  )
  const settings = {
    restore_command: `cp ${server.folder}/archive/%f %p`,
    // The server knows no time zones yet when it reads this, Z neither.
    recovery_target_time: at.toISOString().replace('T', ' ').replace('Z', '+00'),
    recovery_target_action: 'promote',
  }
  return startPostgres({
    ...(port !== undefined && { port }),
    recovery: { backup, password: server.password, settings },
  })
}
