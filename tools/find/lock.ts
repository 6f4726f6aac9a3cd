import { randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { identify, isAlive } from '../process/owned.mjs'
import { until } from '../wait.ts'
import { progress } from './progress.ts'

const longestBuild = 30 * 60_000

/**
 * Runs `work` while no other process runs it under the same lock file. The file holds the owner's pid and start time:
 * a lock whose owner has died is taken over at once, others are waited for, saying so, for at most half an hour.
 */
export async function withLock<Result>(path: string, what: string, work: () => Promise<Result>): Promise<Result> {
  await mkdir(dirname(path), { recursive: true })
  if (!(await tryLock(path))) await wait(path, what)
  try {
    return await work()
  } finally {
    await rm(path, { force: true })
  }
}

async function wait(path: string, what: string): Promise<void> {
  const done = progress(`waiting for another process that gets ${what}`)
  try {
    await until(`the lock ${path} to be free`, () => tryLock(path), { within: longestBuild, every: 250 })
    done('it is our turn')
  } catch (error) {
    done('given up')
    throw error
  }
}

async function tryLock(path: string): Promise<boolean> {
  const mine = `${path}.${randomUUID()}`
  await writeFile(mine, JSON.stringify(identify(process.pid)))
  try {
    if (await linked(mine, path)) return true
    await removeIfDead(path)
    return await linked(mine, path)
  } finally {
    await rm(mine, { force: true })
  }
}

/** A link is made at once with its content, or not at all: nobody ever reads a lock that is half written. */
async function linked(mine: string, path: string): Promise<boolean> {
  try {
    await link(mine, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function removeIfDead(path: string): Promise<void> {
  const seen = await readFile(path, 'utf8').catch(() => undefined)
  if (seen === undefined || ownerLives(seen)) return
  // Moved away rather than deleted: of two processes that saw the same dead owner, one gets the file.
  const aside = `${path}.${randomUUID()}`
  try {
    await rename(path, aside)
  } catch {
    return
  }
  if ((await readFile(aside, 'utf8')) !== seen) await linked(aside, path)
  await rm(aside, { force: true })
}

function ownerLives(content: string): boolean {
  try {
    return isAlive(JSON.parse(content))
  } catch {
    return false
  }
}
