import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { isAlive } from './owned.mjs'
import { listens } from './ready.ts'
import { self, stateHome } from './records.ts'

/** Ports by the name under which a process's arguments speak of them. */
export type Ports = Readonly<Record<string, number>>

const claims = join(stateHome, 'ports')

/**
 * A free port of 127.0.0.1, kept for this process until `releasePort`. The kernel is asked which is free; a file says
 * that it is taken, so that another run of ours, which asks before our server listens, is not given the same one.
 */
export async function claimPort(): Promise<number> {
  forgetTheDead()
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = await askKernel()
    if (claim(port)) return port
  }
  throw new Error(`asked 100 times for a free port and each was claimed by another run; see ${claims}`)
}

/** The port that people know, where neither a stranger listens on it nor another run of ours has claimed it; else a free one. */
export async function claimKnownPort(known: number): Promise<number> {
  forgetTheDead()
  if (!claim(known)) return claimPort()
  if (!(await listens(known))) return known
  releasePort(known)
  return claimPort()
}

/** Gives a claimed port back. */
export function releasePort(port: number): void {
  rmSync(join(claims, String(port)), { force: true })
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
  const path = join(claims, String(port))
  mkdirSync(claims, { recursive: true, mode: 0o700 })
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

let forgotten = false

/** Once per process: claims of owners that were killed would otherwise pile up. */
function forgetTheDead(): void {
  if (forgotten) return
  forgotten = true
  mkdirSync(claims, { recursive: true, mode: 0o700 })
  for (const name of readdirSync(claims).filter((name) => /^\d+$/.test(name))) {
    if (!claimedByTheLiving(join(claims, name))) rmSync(join(claims, name), { force: true })
  }
}
