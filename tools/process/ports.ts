import { linkSync, mkdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { isAlive } from './owned.mjs'
import { self } from './records.ts'

/** Ports by the name under which a process's arguments speak of them. */
export type Ports = Readonly<Record<string, number>>

/**
 * A free port of 127.0.0.1, kept for this process until `releasePort`. The kernel is asked which is free; a file says
 * that it is taken, so that another run of ours, which asks before our server listens, is not given the same one.
 */
export async function claimPort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = await askKernel()
    if (claim(port)) return port
  }
  throw new Error(`asked 100 times for a free port and each was claimed by another run; see ${claimFolder()}`)
}

/** Gives a claimed port back. */
export function releasePort(port: number): void {
  rmSync(join(claimFolder(), String(port)), { force: true })
}

function askKernel(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}

function claim(port: number): boolean {
  const path = join(claimFolder(), String(port))
  mkdirSync(claimFolder(), { recursive: true, mode: 0o700 })
  const mine = `${path}.${self.pid}`
  writeFileSync(mine, JSON.stringify(self))
  try {
    if (!claimedByTheLiving(path)) rmSync(path, { force: true })
    linkSync(mine, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    unlinkSync(mine)
  }
}

function claimedByTheLiving(path: string): boolean {
  try {
    return isAlive(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return false
  }
}

function claimFolder(): string {
  return join(tmpdir(), `unwind-ports-${userInfo().username}`)
}
