import { openEngines } from './parts/engine.ts'
import { alternate, type Bench, type Figure, figure, timed } from './parts/figure.ts'
import { withClosing } from './parts/ground.ts'
import type { Stages } from './parts/stages.ts'
import { say } from '../tools/find/progress.ts'

/** How many steps the runs have that each figure divides by. */
const STEPS = { 'step of 10': 10, 'step of 1': 1 }

/** The bare workflows that ours is compared with, by what the figure's name says of them. */
const BARE: Record<string, (stages: Stages) => Stages> = {
  '': (stages) => stages.flatMap((atOnce) => Array<number>(atOnce).fill(1)),
  ', at once': (stages) => stages,
}

export const bench: Bench = {
  title: 'Time of the engine per step whose target has nothing to do',
  figures: {
    'step of 10': 'a run of ten steps, per step, against a bare chain of as many activities, one after another',
    'step of 10, at once': 'the same against a bare workflow that has as many of them under way at once as ours',
    'step of 1': 'a run of one step against a bare chain of as many activities',
    'step of 1, at once': 'the same against a bare workflow that has as many of them under way at once as ours',
  },
  goals: { 'step of 10': 1.25, 'step of 10, at once': 1.25 },
  runs: 20,
  measure: (runs) =>
    withClosing(async (closing) => {
      const engines = await openEngines(closing)
      const figures: Figure[] = []
      for (const [name, steps] of Object.entries(STEPS)) {
        const stages = await engines.stages(steps)
        say(`${name}: stages of activities ${stages.join(' ')}`)
        const perStep = async (work: () => Promise<void>) => {
          const took = await timed(work)
          await engines.settled()
          return took / steps
        }
        for (const [shape, bare] of Object.entries(BARE)) {
          const pairs = await alternate(runs, {
            ours: () => perStep(() => engines.rollback(steps, 'shop')),
            other: () => perStep(() => engines.chain(bare(stages))),
          })
          figures.push(figure(`${name}${shape}`, 'ms', pairs))
        }
      }
      return figures
    }),
}
