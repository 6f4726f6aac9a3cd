import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { identify, type Identity, isAlive } from '../../tools/process/owned.mjs'
import { CommandError, EXIT } from '../exit.ts'

/**
 * Takes a state folder for this process, so that no two servers write to one Temporal file. Throws, naming the other
 * process, when it is taken; a holder that has died is succeeded. Answers how to let it go.
 */
export function holdState(folder: string): () => void {
  const path = join(folder, 'server.json')
  const mine = `${path}.${process.pid}`
  writeFileSync(mine, JSON.stringify(identify(process.pid) ?? { pid: process.pid, start: 'unknown' }))
  try {
    const holder = read(path)
    if (holder && isAlive(holder)) throw taken(folder, holder)
    rmSync(path, { force: true })
    // A link is made or refused as a whole: of two that start together, one wins.
    linkSync(mine, path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw taken(folder, read(path))
    throw error
  } finally {
    rmSync(mine, { force: true })
  }
  return () => rmSync(path, { force: true })
}

function taken(folder: string, holder: Identity | undefined): CommandError {
  const who = holder ? `process ${holder.pid}` : 'another process'
  return new CommandError(
    EXIT.conflict,
    `A server runs on ${folder} already (${who}). Use that one, stop it, or name another folder with --state.`,
  )
}

function read(path: string): Identity | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Identity
  } catch {
    return undefined
  }
}
