import type { Family } from '../metrics/text.ts'
import type { ReadyDocument, ReadyEntry } from '../schemas/ready.ts'

/** What this process knows from the checks that it made; the last one of each runbook and environment counts. */
export interface KnownReady {
  note(checked: ReadyDocument): void
  /** What is known of the environments that the caller may see ('*': all). */
  seen(visible: readonly string[]): ReadyDocument
  families(visible: readonly string[]): Family[]
}

export function knownReady(): KnownReady {
  const known = new Map<string, ReadyEntry>()
  const visibleTo = (visible: readonly string[]) =>
    [...known.values()].filter(({ environment }) => visible.includes('*') || visible.includes(environment))
  return {
    note({ runbooks }) {
      for (const entry of runbooks) known.set(`${entry.runbook}/${entry.environment}`, entry)
    },
    seen(visible) {
      const runbooks = visibleTo(visible)
      return { ready: runbooks.every(({ ready }) => ready), runbooks, unchecked: 0 }
    },
    families(visible) {
      const places = new Map<string, { labels: { service: string; environment: string }; ready: boolean; at: number }>()
      for (const { service, environment, ready, checkedAt } of visibleTo(visible)) {
        const before = places.get(`${environment}/${service}`)
        const at = Math.min(before?.at ?? Number.POSITIVE_INFINITY, Date.parse(checkedAt) / 1_000)
        const labels = { service, environment }
        places.set(`${environment}/${service}`, { labels, ready: ready && (before?.ready ?? true), at })
      }
      const samples = [...places.values()]
      return [
        {
          name: 'unwind_ready',
          help: 'Whether every runbook of the service could be planned when it was last checked.',
          type: 'gauge',
          samples: samples.map(({ labels, ready }) => ({ labels, value: ready ? 1 : 0 })),
        },
        {
          name: 'unwind_ready_checked_timestamp_seconds',
          help: 'When the runbooks of the service were last checked; the oldest of them.',
          type: 'gauge',
          samples: samples.map(({ labels, at }) => ({ labels, value: at })),
        },
      ]
    },
  }
}
