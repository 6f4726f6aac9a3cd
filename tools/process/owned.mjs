/**
 * Which processes are ours, and how they are ended. Plain JavaScript, because the watchdog runs it under bare Node,
 * from a checkout as well as from `dist`. A process is always known by pid AND start time, never by name alone:
 * pids are used again.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/** The pid and start time of a running process, or undefined if there is none. A zombie has ended. */
export function identify(pid) {
  const start = process.platform === 'linux' ? startOnLinux(pid) : startElsewhere(pid)
  return start === undefined ? undefined : { pid, start }
}

/** Whether that very process still runs. */
export function isAlive({ pid, start }) {
  return identify(pid)?.start === start
}

/** Ends every recorded process for which `chosen` says so, with its children, and forgets it. */
export async function endRecorded(folder, chosen) {
  const records = readRecords(folder).filter(({ record }) => chosen(record))
  await Promise.all(records.map(({ record }) => end(record)))
  for (const { path, record } of records) {
    if (record.temporary) rmSync(record.temporary, { recursive: true, force: true, maxRetries: 5 })
    rmSync(path, { force: true })
  }
  return records.map(({ record }) => record)
}

/** Asks a process group to end, and after `grace` ms makes it. Does nothing if its leader is no longer that process. */
export async function end({ pid, start, signal = 'SIGTERM', grace = 5000 }) {
  const leader = { pid, start }
  if (!isAlive(leader)) return
  // A paused process would not hear the request.
  signalGroup(pid, 'SIGCONT')
  signalGroup(pid, signal)
  if (!(await gone(leader, grace))) {
    signalGroup(pid, 'SIGKILL')
    await gone(leader, 5000)
  }
  // Children that outlived their leader keep its group id, so nobody else can have got it.
  signalGroup(pid, 'SIGKILL')
}

/** Waits until a process has ended, for at most `within` ms. Answers whether it has. */
export async function gone(identity, within) {
  const limit = Date.now() + within
  while (isAlive(identity)) {
    if (Date.now() > limit) return false
    await pause(10)
  }
  return true
}

/** Sends a signal to every process of a group, if there is one. */
export function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if (error.code !== 'ESRCH' && error.code !== 'EPERM') throw error
  }
}

function readRecords(folder) {
  let names = []
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.json'))
  } catch {
    return []
  }
  return names.flatMap((name) => {
    const path = join(folder, name)
    try {
      return [{ path, record: JSON.parse(readFileSync(path, 'utf8')) }]
    } catch {
      // Removed meanwhile by its owner, or not a record.
      return []
    }
  })
}

function startOnLinux(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name in brackets may hold spaces and brackets: the fields are counted from behind the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state, threads, start] = [fields[0], Number(fields[17]), fields[19]]
    // The first thread may be a zombie while others are still closing the process's sockets: then it has not ended.
    if (state === 'X' || (state === 'Z' && threads <= 1)) return undefined
    // The start counts clock ticks since the machine started, so which start that was belongs to it.
    return `${bootId()}:${start}`
  } catch {
    return undefined
  }
}

let knownBoot

function bootId() {
  knownBoot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
  return knownBoot
}

function startElsewhere(pid) {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8', timeout: 5000 }).trim()
    const [state = 'Z', ...start] = line.split(/\s+/)
    return state.startsWith('Z') ? undefined : start.join(' ')
  } catch {
    return undefined
  }
}
