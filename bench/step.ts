import { openEngines } from './parts/engine.ts'
import { alternate, type Bench, type Figure, figure, timed } from './parts/figure.ts'
import { withClosing } from './parts/ground.ts'
import { say } from '../tools/find/progress.ts'

/** How many steps the runs have that each figure divides by. */
const STEPS = { 'step of 10': 10, 'step of 1': 1 }

export const bench: Bench = {
  title: 'Time of the engine per step whose target has nothing to do',
  figures: {
    'step of 10': 'a run of ten steps, per step, against a bare workflow with as many activities, as many at once',
    'step of 1': 'the same with one step',
  },
  goals: { 'step of 10': 1.25 },
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
        const pairs = await alternate(runs, {
          ours: () => perStep(() => engines.rollback(steps, 'shop')),
          other: () => perStep(() => engines.chain(stages)),
        })
        figures.push(figure(name, 'ms', pairs))
      }
      return figures
    }),
}
