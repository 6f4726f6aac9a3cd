import { createHash } from 'node:crypto'
import { readdir, readFile, realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { UnwindError } from '../../../model/errors.ts'
import type { Database } from '../../postgres/connect.ts'
import type { MigrationsStep } from './schema.ts'

/** One migration of a release, by the name that the tool records. */
export interface MigrationFile {
  name: string
  path: string
  sha256: string
}

/** A release's folder and its migrations, in the order in which they are applied. */
export interface Release {
  name: string
  root: string
  folder: string
  files: MigrationFile[]
}

const MOST_FILES = 5_000

/** What the tools themselves take for a migration; declarations of types are none. */
const FILE: Readonly<Record<string, RegExp>> = {
  knex: /\.(?:js|cjs|mjs|ts)$/,
  sequelize: /\.(?:js|cjs|ts|cts)$/,
  umzug: /\.(?:js|cjs|mjs|ts)$/,
}

/** Reads a release's migrations. Throws CONFIGURATION_INVALID without a folder of releases, TARGET_NOT_FOUND without the release. */
export async function releaseOf(
  database: Database,
  step: MigrationsStep,
  which: 'leaving' | 'target',
): Promise<Release> {
  if (!database.worker.releases)
    throw new UnwindError(
      'CONFIGURATION_INVALID',
      `${database.name}: name the folder that holds the releases' files, in worker.credentials.${database.name}.releases`,
    )
  const name = step[which]
  const base = await existing(database.worker.releases, `the folder of releases of ${database.name}`)
  const root = await existing(join(base, name), `the files of release ${name}`)
  const folder = await existing(join(root, folderOf(step)), `${folderOf(step)} of release ${name}`)
  // A link that leads out of the folder would let a step run whatever lies elsewhere on the worker.
  if (!`${root}${sep}`.startsWith(`${base}${sep}`) || !`${folder}${sep}`.startsWith(`${root}${sep}`))
    throw new UnwindError(
      'TARGET_REJECTED',
      `the files of release ${name} lie outside of the folder of releases; copy them there`,
    )
  return { name, root, folder, files: await migrationsIn(folder, step.tool) }
}

function folderOf({ folder, tool }: MigrationsStep): string {
  return folder ?? (tool === 'prisma' ? 'prisma/migrations' : 'migrations')
}

async function existing(path: string, what: string): Promise<string> {
  return realpath(path).catch(() => {
    throw new UnwindError('TARGET_NOT_FOUND', `${what} is not on this worker; put it there, or correct the step`)
  })
}

async function migrationsIn(folder: string, tool: string): Promise<MigrationFile[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const chosen = entries
    .filter((entry) =>
      tool === 'prisma'
        ? entry.isDirectory()
        : entry.isFile() && FILE[tool]?.test(entry.name) && !/\.d\.[cm]?ts$/.test(entry.name),
    )
    .map(({ name }) => name)
    .toSorted()
  if (chosen.length > MOST_FILES)
    throw new UnwindError('PLAN_TOO_LARGE', `there are more than ${MOST_FILES} migrations`)
  return Promise.all(
    chosen.map(async (name) => {
      const path = tool === 'prisma' ? join(folder, name, 'migration.sql') : join(folder, name)
      return { name, path, sha256: sha256(await readFile(path).catch(() => Buffer.from(''))) }
    }),
  )
}

export function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}
