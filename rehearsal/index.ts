import { milliseconds } from '../model/duration.ts'
import { UnwindError } from '../model/errors.ts'
import type { RunInput } from '../model/run.ts'
import { compileRunbook } from '../model/runbook/compile.ts'
import { castOf } from './cast.ts'
import { differences } from './compare.ts'
import type { Loaded } from './load.ts'
import { play } from './play.ts'
import type { Scenario } from './schema.ts'
import type { Stage } from './stage.ts'

export type { Loaded } from './load.ts'
export { openStage, type Stage } from './stage.ts'

/** How one scenario went. `took` in milliseconds. */
export interface Rehearsed {
  file: string
  name: string
  passed: boolean
  differences: string[]
  took: number
}

/** Plays every scenario of a file in its order and answers how each went, as soon as it is over. */
export async function* rehearse(stage: Stage, loaded: Loaded): AsyncGenerator<Rehearsed> {
  for (const scenario of loaded.scenarios.scenarios) {
    const began = performance.now()
    const different = await playOne(stage, loaded, scenario)
    yield {
      ...{ file: loaded.file, name: scenario.name, passed: different.length === 0, differences: different },
      took: Math.round(performance.now() - began),
    }
  }
}

async function playOne(stage: Stage, loaded: Loaded, written: Scenario): Promise<string[]> {
  const { people } = loaded.scenarios
  const scenario = atThisTime(written, Date.now())
  try {
    const input = compiled(loaded, scenario)
    return differences(scenario.expect, await play(stage, castOf(scenario), input, { scenario, people }))
  } catch (error) {
    // What a runbook is refused for is what a scenario of it shows.
    if (error instanceof UnwindError) return [`${error.code}: ${error.message}`]
    throw error
  }
}

/** Times that are written as `5m ago`, as RFC 3339. */
function atThisTime({ alert, release, ...scenario }: Scenario, now: number): Scenario {
  const at = (written: string) => {
    const [span = '', ago] = written.split(' ')
    return ago === undefined ? written : new Date(now - milliseconds(span)).toISOString()
  }
  return {
    ...scenario,
    ...(alert && { alert: { ...alert, startsAt: at(alert.startsAt) } }),
    ...(release && { release: { ...release, ...(release.deployedAt && { deployedAt: at(release.deployedAt) }) } }),
  }
}

/** A system that does not answer is tried so often before its step parks; the real limit would take minutes. */
const ATTEMPTS = 3
/** What a run waits for by its clock alone passes at once. */
const AT_ONCE = 10
const EXPIRES_SOON = 400

/** The input of a run as the API would compile it, with nothing in it that only takes time. */
function compiled({ scenarios, runbook, around }: Loaded, scenario: Scenario): RunInput {
  const { startedBy, parameters, accept, alert, approvals } = scenario
  const actor = { subject: startedBy, groups: scenarios.people[startedBy] ?? [] }
  const request = { environment: scenarios.environment, reason: scenario.name, parameters, accept, alert }
  // No real service hears of a rehearsal.
  const { ledger: _, ...input } = compileRunbook(runbook, request, around, actor)
  const soon = <Rule extends { expires: number }>(rule: Rule, of: string): Rule =>
    approvals[of] === 'expires' ? { ...rule, expires: EXPIRES_SOON } : rule
  const steps = input.steps.map(({ asked, retry, ...step }) => ({
    ...step,
    ...(asked && {
      asked: {
        ...asked,
        ...(asked.wait !== undefined && { wait: Math.min(asked.wait, AT_ONCE) }),
        ...(asked.rule && { rule: soon(asked.rule, step.id) }),
      },
    }),
    ...(retry && { retry: { ...retry, pause: Math.min(retry.pause, AT_ONCE) } }),
  }))
  const rules = <Rule extends { expires: number }>(of: Rule[]) => of.map((rule) => soon(rule, 'plan'))
  return {
    ...input,
    steps,
    policy: { ...input.policy, approvals: rules(input.policy.approvals) },
    ...(input.runbook && { runbook: { ...input.runbook, approvals: rules(input.runbook.approvals) } }),
    limits: { ...input.limits, attempts: ATTEMPTS },
  }
}
