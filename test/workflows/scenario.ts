import { afterEach, describe, inject } from 'vitest'
import { Engine, type EngineOptions } from '../support/engine.ts'

type Start = (options?: Partial<EngineOptions>) => Promise<Engine>

/**
 * Declares a set of cases twice: once with the workflow cache, and once without, so that every workflow task replays
 * the whole history and a workflow that is not deterministic can't pass.
 */
export function scenarios(name: string, cases: (start: Start) => void): void {
  describe.each([{ cache: 'on' }, { cache: 'off' }])(`${name} (workflow cache $cache)`, ({ cache }) => {
    const engines: Engine[] = []
    afterEach(async () => {
      for (const engine of engines.splice(0)) await engine.stop()
    })
    cases(async (options = {}) => {
      const worker = { ...options.worker, ...(cache === 'off' && { maxCachedWorkflows: 0 }) }
      const engine = await Engine.start({ temporalAddress: inject('temporalAddress'), ...options, worker })
      engines.push(engine)
      return engine
    })
  })
}
