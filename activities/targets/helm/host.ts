import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

/** What marks a process of helm, with all that it starts: a variable of its environment. */
export const MARK = 'UNWIND_HELM'

/**
 * Whose processes this one can see: one start of one machine, one namespace of pids, one user. Undefined elsewhere than on
 * Linux, where nobody can be asked for marked processes.
 */
export const HOST = hostOf()

function hostOf(): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
    const parts = [boot, readlinkSync('/proc/self/ns/pid'), String(process.getuid?.())]
    return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16)
  } catch {
    return undefined
  }
}

const LIMIT = 5_000

/** Ends what still runs under a mark on this host. Answers whether nothing of it is left. */
export async function endMarked(mark: string, within = LIMIT): Promise<boolean> {
  const limit = Date.now() + within
  for (;;) {
    const pids = marked(mark)
    if (pids.length === 0) return true
    if (Date.now() > limit) return false
    for (const pid of pids) kill(pid)
    await pause(20)
  }
}

/** Processes of this host and user that carry a mark. One that has ended has no environment any more. */
export function marked(mark: string): number[] {
  const wanted = `\0${MARK}=${mark}\0`
  return pids().filter((pid) => {
    try {
      return `\0${readFileSync(`/proc/${pid}/environ`, 'latin1')}`.includes(wanted)
    } catch {
      // It has ended meanwhile, or is somebody else's.
      return false
    }
  })
}

function pids(): number[] {
  try {
    return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []))
  } catch {
    return []
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}
