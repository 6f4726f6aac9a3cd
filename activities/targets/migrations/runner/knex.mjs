import { basename } from 'node:path'
import { connection, Held, LOCK, load, Moved, packagesOf, Tape } from './shared.mjs'

/** What each migration would run, up and down, without a database: a client that records and answers nothing. */
export async function capture({ root, files }) {
  const require = packagesOf(root)
  const knex = require('knex')
  const Postgres = require('knex/lib/dialects/postgres/index.js')
  const found = []
  for (const path of files) {
    const module = await load(path)
    const one = { name: basename(path), atomic: module.config?.transaction !== false }
    for (const way of ['up', 'down']) {
      if (typeof module[way] !== 'function') continue
      const tape = new Tape()
      const db = knex({ client: recorder(Postgres, tape) })
      try {
        await module[way](db)
        one[way] = { statements: tape.statements, asked: tape.asked }
      } catch (error) {
        one[way] = { failed: String(error?.message ?? error).slice(0, 300) }
      } finally {
        await db.destroy()
      }
    }
    found.push(one)
  }
  return found
}

function recorder(Postgres, tape) {
  return class extends Postgres {
    acquireConnection() {
      return Promise.resolve({ __knexUid: 'recorded' })
    }
    releaseConnection() {
      return Promise.resolve()
    }
    _query(_connection, query) {
      tape.record(query.sql, query.bindings)
      query.response = { rows: [], fields: [], rowCount: 0, command: '' }
      return Promise.resolve(query)
    }
  }
}

export const down = (request) => move(request, 'down')
export const up = (request) => move(request, 'up')

/** All of them in one transaction with their rows, or the first alone with our lock beside it. */
async function move({ root, folder, table, schema, names, before, atomic, limits, unlock }, way) {
  const knex = packagesOf(root)('knex')
  const migrations = { directory: folder, tableName: table, ...(schema !== 'public' && { schemaName: schema }) }
  const db = knex({ client: 'pg', connection: connection(limits), pool: { min: 0, max: 3 }, migrations })
  try {
    await db.transaction(async (trx) => {
      const { rows } = await trx.raw(LOCK)
      if (!rows[0].held) throw new Held('another run is at these migrations')
      const seen = await trx(table).withSchema(schema).orderBy('id').pluck('name')
      if (JSON.stringify(seen) !== JSON.stringify(before)) throw new Moved('the table has changed')
      if (atomic) await waitForOther(trx, { table, schema, limits })
      else await db.transaction((short) => waitForOther(short, { table, schema, limits }))
      if (unlock) await (atomic ? trx : db)(`${table}_lock`).withSchema(schema).update({ is_locked: 0 })
      for (const name of names) await (atomic ? trx : db).migrate[way]({ name })
    })
  } finally {
    await db.destroy()
  }
}

/** A migrator of Knex that works in a transaction holds the row of its lock, and nobody sees it marked: it is waited for. */
async function waitForOther(trx, { table, schema, limits }) {
  await trx.raw(`SET LOCAL lock_timeout = ${Number(limits.lock)}`)
  await trx(`${table}_lock`).withSchema(schema).forUpdate().select('is_locked')
}
