import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { PrismaPg } from '@prisma/adapter-pg'
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'
import * as engine from '@prisma/schema-engine-wasm/schema_engine_bg'

/**
 * `prisma migrate deploy` of Prisma 7, in the files of a release: the schema engine that its CLI downloads at first use, from
 * the package that it is published as, called with what the CLI gives it.
 */
const FOLDER = 'prisma/migrations'
const LOCKFILE = 'migration_lock.toml'

const wasm = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm').replace(/\.js$/, '_bg.wasm')
const { instance } = await WebAssembly.instantiate(await readFile(wasm), { './schema_engine_bg.js': engine })
engine.__wbg_set_wasm(instance.exports)
instance.exports.__wbindgen_start()

const names = (await readdir(FOLDER)).filter((name) => name !== LOCKFILE).toSorted()
const migrationDirectories = await Promise.all(
  names.map(async (path) => {
    const value = await readFile(join(FOLDER, path, 'migration.sql'), 'utf8')
    return { path, migrationFile: { path: 'migration.sql', content: { tag: 'ok', value } } }
  }),
)
const lockfile = { path: LOCKFILE, content: await readFile(join(FOLDER, LOCKFILE), 'utf8') }
const database = new PrismaPg({ connectionString: process.env.DATABASE_URL })
const adapter = bindMigrationAwareSqlAdapterFactory(database)
const schema = await engine.SchemaEngine.new({ datamodels: undefined }, () => {}, adapter)
const { appliedMigrationNames } = await schema.applyMigrations({
  migrationsList: { baseDir: FOLDER, lockfile, shadowDbInitScript: '', migrationDirectories },
  filters: { externalTables: [], externalEnums: [] },
})
console.log(appliedMigrationNames.join('\n'))
process.exit()
