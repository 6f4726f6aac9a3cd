import { UnwindError } from '../../model/errors.ts'
import type { Api } from '../context.ts'
import type { Place } from '../schemas/parameters.ts'
import type { Execution } from '../temporal/executions.ts'
import type { Sink } from './sink.ts'
import { Watch } from './watch.ts'

export interface WatchLimits {
  /** The most streams that are open at once. */
  clients: number
  /** The most of them on one run. */
  perRun: number
}

const DEFAULTS: WatchLimits = { clients: 500, perRun: 100 }

/** All runs that are watched through this process. */
export interface Watches {
  /** Throws TOO_MANY_WATCHERS while no room is left; to be asked before a stream is opened. */
  requireRoom(runId: string): void
  /** Adds a client to the watch of a run; the answer takes it away again. */
  join(place: Place, found: Execution, sink: Sink, seen: number): () => void
  close(): void
}

export function openWatches(api: Api, limits: WatchLimits = DEFAULTS): Watches {
  const watches = new Map<string, Watch>()
  const open = (place: Place, found: Execution) => {
    const watch = new Watch(api, place, found, () => {
      if (watches.get(found.runId) === watch) watches.delete(found.runId)
    })
    watches.set(found.runId, watch)
    return watch
  }
  return {
    requireRoom(runId) {
      const total = [...watches.values()].reduce((sum, { size }) => sum + size, 0)
      if (total < limits.clients && (watches.get(runId)?.size ?? 0) < limits.perRun) return
      throw new UnwindError(
        'TOO_MANY_WATCHERS',
        'too many clients watch already; close some, or read the rollback with GET from time to time',
      )
    },
    join(place, found, sink, seen) {
      const watch = watches.get(found.runId) ?? open(place, found)
      watch.join(sink, seen)
      return () => watch.leave(sink)
    },
    close() {
      for (const watch of [...watches.values()]) watch.close()
    },
  }
}
