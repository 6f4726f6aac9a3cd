import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { connection, Held, LOCK, load, Moved, packagesOf, Tape } from './shared.mjs'

/** What each migration would run, up and down, without a database: `query` records and answers nothing. */
export async function capture({ root, files }) {
  const { Sequelize } = packagesOf(root)('sequelize')
  const found = []
  for (const path of files) {
    const module = await load(path)
    const one = { name: basename(path), atomic: true }
    for (const way of ['up', 'down']) {
      if (typeof module[way] !== 'function') continue
      const tape = new Tape()
      const sequelize = new Sequelize({ dialect: 'postgres', logging: false })
      sequelize.query = async (sql, options) => {
        const [text, values] = typeof sql === 'object' ? [sql.query, sql.values] : [sql, options?.replacements ?? options?.bind]
        tape.record(text, Array.isArray(values) ? values : Object.values(values ?? {}))
        return options?.type === 'SELECT' || options?.type === 'DESCRIBE' ? [] : [[], { rowCount: 0 }]
      }
      sequelize.transaction = async (...given) => {
        const work = given.find((one) => typeof one === 'function')
        const transaction = { commit: async () => {}, rollback: async () => {}, LOCK: {} }
        return work ? work(transaction) : transaction
      }
      try {
        await call(module, way, sequelize, Sequelize)
        one[way] = { statements: tape.statements, asked: tape.asked }
      } catch (error) {
        one[way] = { failed: String(error?.message ?? error).slice(0, 300) }
      }
    }
    found.push(one)
  }
  return found
}

/** Sequelize's own migrations take (queryInterface, Sequelize); those of umzug 3 one object with context. */
function call(module, way, sequelize, Sequelize) {
  const context = sequelize.getQueryInterface()
  const both = Object.assign(Object.create(context), { context, name: '', path: '' })
  return module[way](both, Sequelize)
}

export const down = (request) => move(request, 'down')
export const up = (request) => move(request, 'up')

/** All of them in one transaction with their rows, or the first alone with the lock beside it. */
async function move({ tool, root, folder, table, schema, names, before, atomic, limits }, way) {
  const { Sequelize } = packagesOf(root)('sequelize')
  const { host, port, database, user, password, ssl, application_name, statement_timeout } = connection(limits)
  const sequelize = new Sequelize(database, user, password, {
    dialect: 'postgres',
    host,
    port,
    logging: false,
    pool: { max: 4, min: 0 },
    dialectOptions: { application_name, statement_timeout, ...(ssl && { ssl }) },
  })
  try {
    await sequelize.transaction(async (transaction) => {
      const ask = (sql, options) => sequelize.query(sql, { ...options, transaction })
      await ask(`SET LOCAL lock_timeout = ${Number(limits.lock)}`)
      const [[{ held }]] = await ask(LOCK)
      if (!held) throw new Held('another run is at these migrations')
      const id = [schema, table].map((name) => `"${name.replaceAll('"', '""')}"`).join('.')
      const [rows] = await ask(`SELECT name FROM ${id} ORDER BY name COLLATE "C"`)
      if (JSON.stringify(rows.map(({ name }) => name)) !== JSON.stringify(before)) throw new Moved('the table has changed')
      if (atomic) within(sequelize, transaction)
      const umzug = await umzugOf({ tool, root, folder, table, schema }, sequelize, Sequelize)
      for (const name of names) await umzug[way](name)
    })
  } finally {
    await sequelize.close()
  }
}

/** Every statement that names no transaction runs in ours, and every transaction of a migration becomes a savepoint of it. */
function within(sequelize, transaction) {
  const [query, begin] = [sequelize.query.bind(sequelize), sequelize.transaction.bind(sequelize)]
  sequelize.query = (sql, options = {}) => query(sql, { ...options, transaction: options.transaction ?? transaction })
  sequelize.transaction = (...given) => {
    const options = given.find((one) => typeof one === 'object' && one !== null) ?? {}
    const work = given.find((one) => typeof one === 'function')
    const nested = { ...options, transaction }
    return work ? begin(nested, work) : begin(nested)
  }
}

/** The release's own umzug: the one that it names, or the one inside its sequelize-cli. */
async function umzugOf({ tool, root, folder, table, schema }, sequelize, Sequelize) {
  const require = packagesOf(root)
  const own = tool === 'umzug' ? require : createRequire(require.resolve('sequelize-cli/package.json'))
  const umzug = own('umzug')
  const context = sequelize.getQueryInterface()
  const storage = { sequelize, tableName: table, modelName: table, ...(schema !== 'public' && { schema }) }
  if (umzug.SequelizeStorage) {
    const migrations = readdirSync(folder).sort().map((name) => lazily(name, join(folder, name), context))
    const three = new umzug.Umzug({ migrations, context, storage: new umzug.SequelizeStorage(storage), logger: undefined })
    return { up: (name) => three.up({ migrations: [name], rerun: 'THROW' }), down: (name) => three.down({ migrations: [name], rerun: 'THROW' }) }
  }
  const Two = umzug
  const two = new Two({
    storage: 'sequelize',
    storageOptions: storage,
    migrations: { params: [context, Sequelize], path: folder, pattern: /^(?!.*\.d\.ts$).*\.(cjs|js|cts|ts)$/ },
  })
  return { up: (name) => two.up({ migrations: [name] }), down: (name) => two.down({ migrations: [name] }) }
}

function lazily(name, path, context) {
  const run = (way) => async () => {
    const module = await load(path)
    const given = Object.assign(Object.create(context), { context, name, path })
    return module[way](given)
  }
  return { name, path, up: run('up'), down: run('down') }
}
