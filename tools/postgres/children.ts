import { end, gone, identify } from '../process/owned.mjs'
import type { RunningProcess } from '../process.ts'
import { run } from '../run.ts'

/**
 * kill -9 of a postmaster and of its backends, which are in groups of their own. A backend that is busy outlives its
 * postmaster by what it is busy with, and keeps the next one from starting on the same data.
 */
export async function endWithChildren(server: RunningProcess): Promise<void> {
  if (!server.alive) return
  const children = await childrenOf(server.pid)
  await server.kill()
  await Promise.all(
    children.map(async (child) => {
      await end({ ...child, signal: 'SIGKILL', grace: 5000 })
      if (!(await gone(child, 5000)))
        throw new Error(`a backend of PostgreSQL (pid ${child.pid}) survives SIGKILL for 5 s`)
    }),
  )
}

async function childrenOf(parent: number) {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid='])
  const lines = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number))
  return lines.flatMap(([pid, ppid]) => (ppid === parent && pid ? [identify(pid)] : [])).flatMap((found) => found ?? [])
}
