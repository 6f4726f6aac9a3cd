import { type Engines, openEngines } from './parts/engine.ts'
import { alternate, type Bench, figure, quantile, timed } from './parts/figure.ts'
import { withClosing } from './parts/ground.ts'
import { type Memory, peakOf } from './parts/memory.ts'

/** So many start in the same moment. */
const AT_ONCE = 200

interface Sample {
  /** Runs per second, from the first start to the last end. */
  throughput: number
  /** Milliseconds from its start within which 95 of 100 runs end. */
  p95: number
  memory: Memory
}

export const bench: Bench = {
  title: `${AT_ONCE} rollbacks at once, of as many services`,
  figures: {
    throughput: `rollbacks ended per second, against bare workflows with as many activities; more is better`,
    p95: 'from the start of all until a run has ended, 95th percentile',
    'memory peak': 'largest resident memory of the worker process while they run',
    'memory growth': 'that, less what the process held before they began',
  },
  runs: 5,
  measure: (runs) =>
    withClosing(async (closing) => {
      const engines = await openEngines(closing)
      const stages = await engines.stages(1)
      const pairs = await alternate(runs, {
        ours: async () => {
          const sample = await allAtOnce(engines.ours.pid, () => engines.rollback(1))
          await engines.settled()
          return sample
        },
        other: () => allAtOnce(engines.other.pid, () => engines.chain(stages)),
      })
      const each = (read: (sample: Sample) => number) => ({
        ours: pairs.ours.map(read),
        other: pairs.other.map(read),
      })
      return [
        figure(
          'throughput',
          'runs/s',
          each(({ throughput }) => throughput),
        ),
        figure(
          'p95',
          'ms',
          each(({ p95 }) => p95),
        ),
        figure(
          'memory peak',
          'MiB',
          each(({ memory }) => memory.peak),
        ),
        figure(
          'memory growth',
          'MiB',
          each(({ memory }) => memory.growth),
        ),
      ]
    }),
}

async function allAtOnce(pid: Engines['ours']['pid'], run: () => Promise<void>): Promise<Sample> {
  const took: number[] = []
  let all = 0
  const memory = await peakOf(pid, async () => {
    all = await timed(() => Promise.all(Array.from({ length: AT_ONCE }, async () => took.push(await timed(run)))))
  })
  return { throughput: (AT_ONCE / all) * 1_000, p95: quantile(took, 0.95), memory }
}
