import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connectPostgres, type Database } from '../../activities/postgres/connect.ts'
import { run } from '../../tools/run.ts'
import { openPostgresLab, type PostgresLab } from './postgres-lab.ts'

export type Tool = 'knex' | 'sequelize' | 'umzug' | 'umzug2' | 'prisma'

/** One migration as SQL; each tool's own file is written from it. Without `down` it can't be taken back. */
export interface Written {
  name: string
  up: string
  down?: string
  /** Knex: not in a transaction of the tool's. */
  alone?: boolean
}

/** Releases with real tools, on databases of a real server. */
export interface MigrationsLab {
  readonly postgres: PostgresLab
  readonly releases: string
  connect: (database: string, role?: string, address?: { port?: number }) => Promise<Database>
  credentials: (database: string, role?: string, address?: { port?: number }) => object
  /** Writes a release's files, with its tool's packages beside them. */
  release: (name: string, tool: Tool, migrations: readonly Written[]) => Promise<string>
  /** What the tool itself does, by its own command, in the files of a release. */
  byHand: (release: string, tool: Tool, database: string, args: readonly string[]) => Promise<string>
  /** The same as a process that can be killed; whoever starts it ends it. */
  started: (release: string, tool: Tool, database: string, args: readonly string[]) => ChildProcess
  close: () => Promise<void>
}

const require = createRequire(import.meta.url)
const PRISMA_7 = fileURLToPath(new URL('prisma-7.mjs', import.meta.url))
const PACKAGES = join(dirname(require.resolve('knex/package.json')), '..')
/** What the tools themselves print, and what a stopped CLI leaves, is bounded by this. */
const WITHIN = 120_000

/** `prisma`: whose engine deploys for the tool prisma; that of 6 has its CLI in the package, that of 7 comes alone. */
export async function openMigrationsLab({ prisma = 6 }: { prisma?: 6 | 7 } = {}): Promise<MigrationsLab> {
  const postgres = await openPostgresLab()
  const releases = await realpath(await mkdtemp(join(tmpdir(), 'unwind-releases-')))
  const packages = await realpath(PACKAGES)
  const command = (tool: Tool) => (tool === 'prisma' && prisma === 7 ? [PRISMA_7] : commandOf(tool, packages))
  const credentials: MigrationsLab['credentials'] = (database, role, address) => ({
    ...postgres.credentials(database, role, address),
    releases,
  })
  return {
    postgres,
    releases,
    credentials,
    connect: (database, role, address) => connectPostgres(credentials(database, role, address), database),
    release: (name, tool, migrations) => writeRelease(join(releases, name), packages, tool, migrations),
    byHand: async (release, tool, database, args) => {
      const { stdout, stderr } = await run(process.execPath, [...command(tool), ...args], {
        cwd: join(releases, release),
        env: variablesOf(postgres, database),
        within: WITHIN,
      })
      return stdout + stderr
    },
    started: (release, tool, database, args) =>
      spawn(process.execPath, [...command(tool), ...args], {
        cwd: join(releases, release),
        env: { ...process.env, ...variablesOf(postgres, database) },
        stdio: 'ignore',
      }),
    close: async () => {
      await postgres.close()
      await rm(releases, { recursive: true, force: true })
    },
  }
}

function variablesOf({ server }: PostgresLab, database: string): Record<string, string> {
  return {
    DATABASE_URL: server.url(database),
    CI: '1',
    CHECKPOINT_DISABLE: '1',
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    PRISMA_QUERY_ENGINE_LIBRARY: process.execPath,
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
  }
}

function commandOf(tool: Tool, packages: string): string[] {
  if (tool === 'knex') return [join(packages, 'knex/bin/cli.js')]
  if (tool === 'sequelize') return [join(packages, 'sequelize-cli/lib/sequelize')]
  if (tool === 'prisma') return [join(packages, 'prisma/build/index.js')]
  return ['umzug.cjs']
}

async function writeRelease(
  root: string,
  packages: string,
  tool: Tool,
  migrations: readonly Written[],
): Promise<string> {
  const folder = join(root, tool === 'prisma' ? 'prisma/migrations' : 'migrations')
  await mkdir(folder, { recursive: true })
  await writeFile(join(root, 'package.json'), '{ "name": "shop", "private": true }')
  await mkdir(join(root, 'node_modules/@prisma'), { recursive: true })
  for (const name of ['knex', 'pg', 'sequelize', 'sequelize-cli', 'prisma', '@prisma/adapter-pg', 'umzug']) {
    const from = name === 'umzug' && tool === 'umzug2' ? 'umzug2' : name
    await symlink(join(packages, from), join(root, 'node_modules', name)).catch(() => {})
  }
  for (const [name, text] of Object.entries(settingsOf(tool))) await writeFile(join(root, name), text)
  for (const migration of migrations) await write(folder, tool, migration)
  return root
}

async function write(folder: string, tool: Tool, { name, up, down, alone }: Written): Promise<void> {
  if (tool === 'prisma') {
    await mkdir(join(folder, name), { recursive: true })
    await writeFile(join(folder, name, 'migration.sql'), up)
    if (down !== undefined) await writeFile(join(folder, name, 'down.sql'), down)
    return
  }
  const both = { up, ...(down !== undefined && { down }) }
  const ways = Object.entries(both).map(([way, sql]) => `exports.${way} = ${functionOf(tool, sql)}`)
  if (alone) ways.push('exports.config = { transaction: false }')
  await writeFile(join(folder, fileOf(name)), `${ways.join('\n')}\n`)
}

/** A migration by the name that its tool records. */
export function fileOf(name: string): string {
  return `${name}.js`
}

function functionOf(tool: Tool, sql: string): string {
  const text = JSON.stringify(sql)
  if (tool === 'knex') return `(knex) => knex.raw(${text})`
  if (tool === 'umzug') return `({ context }) => context.sequelize.query(${text})`
  return `(queryInterface) => queryInterface.sequelize.query(${text})`
}

function settingsOf(tool: Tool): Record<string, string> {
  if (tool === 'knex')
    return { 'knexfile.js': "module.exports = { client: 'pg', connection: process.env.DATABASE_URL }\n" }
  if (tool === 'prisma')
    return {
      'prisma/schema.prisma': 'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n',
      'prisma/migrations/migration_lock.toml': 'provider = "postgresql"\n',
      'prisma.config.mjs': PRISMA_CONFIG,
    }
  const config = {
    '.sequelizerc': "module.exports = { config: 'config.js' }\n",
    'config.js':
      "module.exports = { production: { url: process.env.DATABASE_URL, dialect: 'postgres', logging: false }, development: { url: process.env.DATABASE_URL, dialect: 'postgres', logging: false }, test: { url: process.env.DATABASE_URL, dialect: 'postgres', logging: false } }\n",
  }
  if (tool === 'sequelize') return config
  return { 'umzug.cjs': tool === 'umzug' ? UMZUG3 : UMZUG2 }
}

/** What deploys a release's migrations. */
export const UP: Readonly<Record<Tool, string[]>> = {
  knex: ['migrate:latest'],
  sequelize: ['db:migrate'],
  umzug: ['up'],
  umzug2: ['up'],
  prisma: ['migrate', 'deploy'],
}

/** The engine of Prisma that lies in its package, so that nothing is downloaded. */
const PRISMA_CONFIG = `import { PrismaPg } from '@prisma/adapter-pg'
export default {
  experimental: { adapter: true },
  engine: 'js',
  schema: 'prisma/schema.prisma',
  adapter: async () => new PrismaPg({ connectionString: process.env.DATABASE_URL }),
}
`

/** What the documentation of umzug shows: \`up\`, \`down\`, \`down <name>\`. */
const UMZUG3 = `const { Sequelize } = require('sequelize')
const { Umzug, SequelizeStorage } = require('umzug')
const sequelize = new Sequelize(process.env.DATABASE_URL, { dialect: 'postgres', logging: false })
const umzug = new Umzug({ migrations: { glob: 'migrations/*.js' }, context: sequelize.getQueryInterface(), storage: new SequelizeStorage({ sequelize }), logger: undefined })
const [verb, ...names] = process.argv.slice(2)
umzug[verb](names.length ? { migrations: names } : undefined).then(() => sequelize.close(), (error) => { console.error(error); process.exit(1) })
`
const UMZUG2 = `const { Sequelize } = require('sequelize')
const Umzug = require('umzug')
const sequelize = new Sequelize(process.env.DATABASE_URL, { dialect: 'postgres', logging: false })
const umzug = new Umzug({ storage: 'sequelize', storageOptions: { sequelize }, migrations: { params: [sequelize.getQueryInterface(), Sequelize], path: 'migrations', pattern: /\\.js$/ } })
const [verb, ...names] = process.argv.slice(2)
umzug[verb](names.length ? { migrations: names } : undefined).then(() => sequelize.close(), (error) => { console.error(error); process.exit(1) })
`

/** The module of the target, for a process of its own. */
export const MODULE = fileURLToPath(new URL('../../activities/targets/migrations/index.ts', import.meta.url))
