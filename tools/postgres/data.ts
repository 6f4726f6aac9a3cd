import { chmod, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StateFolder } from '../process.ts'
import { type Account, run } from '../run.ts'

/** What to start from instead of an empty cluster. */
export interface Recovery {
  /** The folder of a base backup, as `baseBackup` answers it. It is copied, so that it can be used again. */
  backup: string
  /** `restore_command`, `recovery_target_time`, `recovery_target_action` and so on. Without a target, recovers all that is archived. */
  settings: Record<string, string>
  /** The superuser's password in the backup: the one of the server that it was taken from. */
  password: string
}

/** Makes the data folder: a new cluster whose superuser has that password, or the copy of a base backup that will be recovered. */
export async function fill(
  { binDir, account, folder }: { binDir: string; account: Account | undefined; folder: StateFolder },
  dataDir: string,
  password: string,
  recovery: Recovery | undefined,
): Promise<void> {
  const as = { cwd: folder.path, within: 300_000, ...(account && { user: account }) }
  if (recovery) {
    await run('cp', ['-R', recovery.backup, dataDir], as)
    await run('touch', [join(dataDir, 'recovery.signal')], as)
    await chmod(dataDir, 0o700)
    return
  }
  const passwordFile = join(folder.path, 'password')
  await writeFile(passwordFile, password, { mode: 0o644 })
  // Whoever reaches the socket is trusted; over TCP roles prove themselves as they would in production.
  const access = ['--auth-local=trust', '--auth-host=scram-sha-256', `--pwfile=${passwordFile}`]
  const cluster = ['--username=postgres', '--encoding=UTF8', '--locale=C', '--no-sync']
  await run(join(binDir, 'initdb'), ['-D', dataDir, ...cluster, ...access], as)
  await rm(passwordFile)
}
