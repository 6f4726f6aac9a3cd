import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { WorkflowHandle } from '@temporalio/client'
import { signMessage } from '../api/identity.ts'
import { openItems } from '../model/runbook/checklist.ts'
import { asking } from '../model/runbook/asking.ts'
import type { MessageName, Messages } from '../model/messages.ts'
import type { RunInput, RunState } from '../model/run.ts'
import type { Cast } from './cast.ts'
import { outcomesOf, type Scenario, type Scenarios } from './schema.ts'
import type { Stage } from './stage.ts'

/** How a scenario went: the record of the run, and what it waits for where nothing in the scenario answers that. */
export interface Played {
  state: RunState
  waitsFor?: string
  told: Cast['told']
  /** Whose answers were not taken, and why. */
  refused: { who: string; why: string }[]
}

/** One scenario may take so long, in milliseconds: what waits for nobody is over in a second or two. */
const LIMIT = 120_000

/** Plays one scenario to the end of its run, or until nobody answers. Throws when it hangs. */
export async function play(
  stage: Stage,
  cast: Cast,
  input: RunInput,
  { scenario, people }: { scenario: Scenario; people: Scenarios['people'] },
): Promise<Played> {
  stage.put(cast)
  const handle = await stage.client.workflow.start('rollback', {
    // Not the id of the service's own rollback: several rehearsals may share a server, also with real ones.
    workflowId: `rehearsal/${randomUUID()}`,
    taskQueue: stage.taskQueue,
    args: [input],
  })
  const audience = new Audience(scenario)
  const refused: Played['refused'] = []
  try {
    for (const deadline = Date.now() + LIMIT; Date.now() < deadline; ) {
      const state = await handle.query<RunState>('state')
      if (state.phase === 'ended') return { state: await ended(handle), told: cast.told, refused }
      const said = audience.answerTo(state)
      if (said === 'nothing') await pause(30)
      else if ('waitsFor' in said) return { state, told: cast.told, refused, ...said }
      else {
        const why = await say(stage, handle, said, people)
        if (why !== undefined) refused.push({ who: said.by, why })
      }
    }
    throw new Error(`scenario ${scenario.name}: the run is still not over after ${LIMIT / 1_000} s`)
  } finally {
    await handle.terminate('the scenario is over').catch(() => undefined)
  }
}

async function ended(handle: WorkflowHandle): Promise<RunState> {
  return (await handle.result()) as RunState
}

type Said = {
  [Name in MessageName]: { name: Name; message: Messages[Name]; by: string }
}[MessageName]

async function say(
  { key }: Stage,
  handle: WorkflowHandle,
  { name, message, by }: Said,
  people: Scenarios['people'],
): Promise<string | undefined> {
  const actor = { subject: by, groups: people[by] ?? [] }
  const signed = await signMessage(key, { name, message, actor, workflowId: handle.workflowId })
  return handle.executeUpdate(name, { args: [{ ...message, signed }] }).then(
    () => undefined,
    (error: unknown) => {
      const cause = error instanceof Error ? error.cause : undefined
      return cause instanceof Error ? cause.message : String(error)
    },
  )
}

/** The people of a scenario: each says what the scenario has for them, once. */
class Audience {
  readonly #scenario: Scenario
  readonly #decisions: Scenario['decisions']
  readonly #ticks: string[]
  readonly #given = new Map<string, number>()

  constructor(scenario: Scenario) {
    this.#scenario = scenario
    this.#decisions = [...scenario.decisions]
    this.#ticks = [...scenario.ticks]
  }

  /** What is said to the run as it stands; `nothing` while it goes on by itself. */
  answerTo(state: RunState): Said | { waitsFor: string } | 'nothing' {
    const { phase, parked, planDigest = '', steps } = state
    if (parked) return this.#decide(parked)
    if (phase === 'awaiting-approval') return this.#approve('plan', planDigest)
    const approving = steps.find(({ asking: asked }) => asked?.what === 'approve')
    if (approving) return this.#approve(approving.id, planDigest, approving)
    const [question] = asking(state)
    if (question) return this.#answer(question)
    const [item] = phase === 'closing' ? openItems(state) : []
    return item ? this.#tick(item.id) : 'nothing'
  }

  #decide({ stepId, attempt }: NonNullable<RunState['parked']>): Said | { waitsFor: string } {
    const at = this.#decisions.findIndex(({ step }) => step === stepId)
    const [decision] = at < 0 ? [] : this.#decisions.splice(at, 1)
    if (!decision) return { waitsFor: stepId }
    const { choice, fields } = decision
    return { name: 'decide', by: this.#operator, message: { stepId, attempt, choice, ...(fields && { fields }) } }
  }

  /** A plan that became another one is approved anew, by the same people. */
  #approve(of: string, planDigest: string, step?: RunState['steps'][number]): Said | { waitsFor: string } | 'nothing' {
    const approving = this.#scenario.approvals[of]
    if (approving === 'expires') return 'nothing'
    if (approving === undefined) return { waitsFor: of }
    const message = { planDigest, ...(step && { stepId: step.id }) }
    const turn = this.#turn(`approve ${of} ${planDigest} ${step?.attempt ?? ''}`)
    if (!Array.isArray(approving)) return turn === 0 ? { name: 'reject', by: approving.no, message } : { waitsFor: of }
    const by = approving[turn]
    return by === undefined ? { waitsFor: of } : { name: 'approve', by, message }
  }

  #answer({ id, attempt }: ReturnType<typeof asking>[number]): Said | { waitsFor: string } {
    const answers = outcomesOf<'yes' | 'no'>(this.#scenario.answers[id])
    const turn = this.#turn(`answer ${id}`)
    const answer = answers[Math.min(turn, answers.length - 1)]
    if (answer === undefined || turn > answers.length + 2) return { waitsFor: id }
    return { name: 'answer', by: this.#operator, message: { questionId: id, attempt, answer } }
  }

  #tick(item: string): Said | { waitsFor: string } {
    const at = this.#ticks.indexOf(item)
    if (at < 0) return { waitsFor: item }
    this.#ticks.splice(at, 1)
    return { name: 'tick', by: this.#operator, message: { item } }
  }

  get #operator(): string {
    return this.#scenario.startedBy
  }

  #turn(of: string): number {
    const turn = this.#given.get(of) ?? 0
    this.#given.set(of, turn + 1)
    return turn
  }
}
