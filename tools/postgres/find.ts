import { realpath, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { isExecutable } from '../find/cache.ts'
import { withLock } from '../find/lock.ts'
import { progress } from '../find/progress.ts'
import { type Account, run } from '../run.ts'

/** The release of PostgreSQL that is written against, its variable, and where Debian and Ubuntu put it. */
const major = 15
const variable = 'UNWIND_POSTGRES_BIN_DIR'
const packaged = `/usr/lib/postgresql/${major}/bin`

let found: Promise<string> | undefined

/**
 * The folder with PostgreSQL 15's programs: `postgres`, `initdb`, `psql`, `pg_dump`, `pg_basebackup` and so on. Looked for in
 * `UNWIND_POSTGRES_BIN_DIR` (any version), PATH, where Debian puts it; otherwise, as root on a system with apt, Debian's
 * package is installed, without the server that it would start. Throws, naming the package, where none of that leads to one.
 */
export function findPostgres(): Promise<string> {
  found ??= search()
  // A failure is not remembered: the reader installs what was missing and asks again.
  found.catch(() => (found = undefined))
  return found
}

async function search(): Promise<string> {
  const named = process.env[variable]
  if (named) {
    if (await isExecutable(join(named, 'postgres'))) return named
    throw new Error(
      `${variable} names ${named}, which holds no postgres. Point it at a folder with PostgreSQL's programs.`,
    )
  }
  for (const folder of [...(process.env['PATH'] ?? '').split(delimiter).filter(Boolean), packaged]) {
    // A name on PATH may be a link to one program of many: the others lie where it leads.
    if (await isWanted(folder)) return dirname(await realpath(join(folder, 'postgres')))
  }
  return install()
}

async function isWanted(folder: string): Promise<boolean> {
  const postgres = join(folder, 'postgres')
  if (!(await isExecutable(postgres))) return false
  const answer = await run(postgres, ['--version'], { within: 10_000 }).catch(() => undefined)
  return answer !== undefined && answer.stdout.includes(`(PostgreSQL) ${major}.`)
}

async function install(): Promise<string> {
  const remedy = `Install PostgreSQL ${major} (Debian and Ubuntu: postgresql-${major}), or point ${variable} at the folder of its programs.`
  const missing = `PostgreSQL ${major} is neither on PATH nor in ${packaged}`
  if (process.getuid?.() !== 0) throw new Error(`${missing}. ${remedy}`)
  if (!(await run('apt-get', ['--version']).catch(() => undefined)))
    throw new Error(`${missing}, and here is no apt. ${remedy}`)
  return withLock(join(tmpdir(), 'unwind-postgres.lock'), `PostgreSQL ${major}`, async () => {
    if (await isWanted(packaged)) return packaged
    const done = progress(`installing PostgreSQL ${major} from Debian (a minute the first time)`)
    try {
      await apt('update')
      await apt('install', 'postgresql-common')
      // The package would otherwise make a cluster of its own and start it.
      await writeFile('/etc/postgresql-common/createcluster.d/unwind.conf', 'create_main_cluster = false\n')
      await apt('install', `postgresql-${major}`)
      done('installed')
      return packaged
    } catch (error) {
      done('failed')
      throw new Error(`${missing}, and apt could not install it. ${remedy}`, { cause: error })
    }
  })
}

async function apt(...words: string[]): Promise<void> {
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  await run('apt-get', ['--yes', '--no-install-recommends', ...words], { env, within: 10 * 60_000 })
}

/**
 * Who runs the server: nobody in particular as an ordinary user; as root, whom PostgreSQL refuses, the account `postgres`
 * that its package makes, else `nobody`.
 */
export async function serverAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined
  for (const name of ['postgres', 'nobody']) {
    const uid = await run('id', ['-u', name]).catch(() => undefined)
    const gid = await run('id', ['-g', name]).catch(() => undefined)
    if (uid && gid) return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
  }
  throw new Error(
    'PostgreSQL refuses to run as root, and there is no account postgres or nobody to run it as. Add one.',
  )
}
