import { run } from '../../tools/run.ts'

/** Resident memory of a process in MiB: the largest that was seen, and how much more that is than at the beginning. */
export interface Memory {
  peak: number
  growth: number
}

/** How often the process is looked at, in milliseconds. */
const EVERY = 100

/** Looks at a process while the work goes on. */
export async function peakOf(pid: number, work: () => Promise<void>): Promise<Memory> {
  const before = await residentMemory(pid)
  let peak = before
  const look = async () => {
    peak = Math.max(peak, await residentMemory(pid).catch(() => 0))
  }
  const timer = setInterval(() => void look(), EVERY)
  try {
    await work()
  } finally {
    clearInterval(timer)
  }
  await look()
  return { peak, growth: peak - before }
}

/** Resident memory of a process in MiB. `ps` prints it in KiB (POSIX). */
async function residentMemory(pid: number): Promise<number> {
  const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(pid)], { within: 5_000 })
  return Number(stdout) / 1_024
}
