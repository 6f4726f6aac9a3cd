import { setTimeout as pause } from 'node:timers/promises'
import { ApplicationFailure } from '@temporalio/common'
import type { Choice, RunState, StepState } from '../../../model/run.ts'
import { ALICE, BOB, type Engine, type RunHandle } from '../../support/engine.ts'
import { type Answer, answerOf, type Case, type Chosen, choiceOf } from './case.ts'

const CAROL = { subject: 'carol', groups: ['sre'] }
const LIMIT = 300_000
const LOOK_EVERY = 60
const MOST_REFUSALS = 10

/** One thing to be said: what it answers, under which key it is said once, and how it is told among the stops. */
interface Saying {
  subject: string
  key: string
  stop?: string | undefined
  send: () => Promise<void>
}

/** Those who answer what the run asks, each thing once, by the script of the case. */
export class People {
  readonly #run: RunHandle
  readonly #given: Case
  readonly #engine: Engine
  /** What has been taken, by key. */
  readonly #taken = new Set<string>()
  /** What has been said, by subject: the keys in the order in which they came up. */
  readonly #said = new Map<string, string[]>()
  readonly #stops = new Map<string, string>()
  /** How often each thing was refused, by key. */
  readonly #refused = new Map<string, number>()
  /** Whether something that was said at the last look has come back as an error. */
  #unheard = false

  constructor(engine: Engine, run: RunHandle, given: Case) {
    this.#engine = engine
    this.#run = run
    this.#given = given
  }

  /** Every stop at which they were asked, in order. */
  get stops(): string[] {
    return [...this.#stops.values()]
  }

  /** They look only when the run has come to rest, because without a cache each query replays it. */
  async untilEnded(): Promise<RunState> {
    const deadline = Date.now() + LIMIT
    let [before, asked] = ['', '']
    for (;;) {
      const { status, historyLength, runId, raw } = await this.#run.handle.describe()
      if (status.name === 'COMPLETED') return this.#run.ends()
      const at = `${runId}/${historyLength}`
      if (at === before && at !== asked && !raw.pendingWorkflowTask) {
        const state = await this.#look()
        if (state) {
          this.#unheard = false
          await this.#answer(state)
          // What was not heard has left no event, so nothing else would make them look again.
          if (!this.#unheard) asked = at
        }
      }
      before = at
      if (Date.now() > deadline) {
        const { phase, timeline } = await this.#run.state()
        throw new Error(`the run is still ${phase} after ${LIMIT} ms; its last event: ${timeline.at(-1)?.text}`)
      }
      await pause(LOOK_EVERY)
    }
  }

  /** A worker without a cache may be too busy to answer in time; then they look again. */
  #look(): Promise<RunState | undefined> {
    return this.#run.state().catch(() => undefined)
  }

  async #answer(state: RunState): Promise<void> {
    const { decision, parked, checklist = [], phase, planDigest = '' } = state
    if (decision?.asking) await this.#question(decision.asking.id, `question ${decision.asking.id}`, 1, state)
    if (parked) await this.#decide(state, parked)
    for (const { id, asking, attempt } of state.steps) {
      const about = { planDigest, stepId: id }
      if (asking?.what === 'approve') {
        // A broken glass opens every approval of this plan, so what others are asked has to be looked at anew.
        if ((await this.#approve(`step ${id}`, `${id}/${attempt}`, about, state)) === 'glass') return
      } else if (asking) await this.#question(id, `step ${id}`, attempt, state)
    }
    if (phase === 'awaiting-approval' && !this.#given.expiring)
      await this.#approve('plan', `plan/${state.needSince}`, { planDigest }, state)
    if (phase === 'closing')
      for (const { id, required, ticked } of checklist)
        if (required && !ticked) await this.#once({ ...same(`tick ${id}`), send: () => this.#tick(id) }, state)
    if (this.#isHeld(state))
      await this.#once(
        {
          ...same(`resume/${state.pause?.at}`),
          stop: 'paused → resume',
          send: () => this.#run.send('resume', {}, BOB),
        },
        state,
      )
  }

  #tick(item: string): Promise<void> {
    return this.#run.send('tick', { item }, BOB)
  }

  async #question(questionId: string, subject: string, attempt: number, state: RunState): Promise<void> {
    const key = `${subject}/${attempt}`
    const answer = answerOf(this.#given, subject, this.#nth(subject, key)) === 'no' ? 'no' : 'yes'
    const send = () => this.#run.send('answer', { questionId, attempt, answer }, BOB)
    await this.#once({ subject, key, send }, state)
  }

  async #approve(
    subject: string,
    key: string,
    about: { planDigest: string; stepId?: string },
    state: RunState,
  ): Promise<Answer> {
    const said = answerOf(this.#given, subject, this.#nth(subject, key))
    const stop = subject === 'plan' ? `plan → ${said}` : undefined
    await this.#once({ subject, key, stop, send: () => this.#say(said, about) }, state)
    return said
  }

  async #say(said: Answer, about: { planDigest: string; stepId?: string }): Promise<void> {
    if (said === 'no') return this.#run.send('reject', about, BOB)
    const { planDigest } = about
    if (said === 'glass')
      return this.#run.send('breakGlass', { planDigest, incident: 'INC-7', note: 'the shop is down' }, BOB)
    await this.#run.send('approve', about, BOB).catch(unlessRepeated)
    if (this.#given.approvals > 1 && !about.stepId) await this.#run.send('approve', about, CAROL)
  }

  async #decide(state: RunState, parked: NonNullable<RunState['parked']>): Promise<void> {
    const { stepId, attempt, during, problem, choices } = parked
    const step = state.steps.find(({ id }) => id === stepId)
    const offered = choices.map(({ choice }): Choice => choice)
    const [subject, key] = [`park ${stepId}`, `park ${stepId}/${attempt}`]
    const fixable = step !== undefined && !step.role && !step.begun && during !== 'compensate'
    const choice = choiceOf(this.#given, { id: stepId, nth: this.#nth(subject, key), fixable }, offered)
    const send = async () => {
      if (choice === 'done' && step) this.#byHand(step, during === 'compensate')
      await this.#run.send('decide', { stepId, attempt, ...decisionOf(choice) }, ALICE)
    }
    const stop = `${stepId} ${problem.code} [${offered.join(' ')}] → ${choice}`
    await this.#once({ subject, key, stop, send }, state)
  }

  /** What a person says to have done, a person has done. */
  #byHand({ plan }: StepState, back: boolean): void {
    const name = plan?.object.split('/').at(-1)
    if (plan && name) this.#engine.system.get(name).at = String((back ? plan.from : plan.to)['revision'])
  }

  /** Whether a pause holds the run now: what was under way when it came has ended, or waits for a time. */
  #isHeld({ pause: paused, phase, steps }: RunState): boolean {
    const goes = steps.some(({ status, until }) => (status === 'applying' || status === 'verifying') && !until)
    const asks = steps.some(({ asking }) => asking !== undefined)
    return paused !== undefined && phase === 'running' && !goes && !asks
  }

  /** How often something else was said about this before. */
  #nth(subject: string, key: string): number {
    const keys = this.#said.get(subject) ?? []
    if (!keys.includes(key)) this.#said.set(subject, [...keys, key])
    return keys.includes(key) ? keys.indexOf(key) : keys.length
  }

  /**
   * Says it unless that has been done. What is refused, or meets a run that just continues, is said again at the next look,
   * if it is asked then: the run may have taken it all the same, and refuses to hear it twice. One that is asked and refused
   * time and again is a defect.
   */
  async #once({ subject, key, stop, send }: Saying, { pause: paused }: RunState): Promise<void> {
    if (this.#taken.has(key)) return
    if (stop) this.#stops.set(key, stop)
    try {
      const pauses = this.#given.pauses.includes(`${subject}/${this.#nth(subject, key)}`)
      if (pauses && !paused && !this.#taken.has(`pause ${key}`)) {
        await this.#run.send('pause', {}, BOB)
        this.#taken.add(`pause ${key}`)
      }
      await send()
    } catch (error) {
      const refused = (this.#refused.get(key) ?? 0) + (isRefusal(error) ? 1 : 0)
      this.#refused.set(key, refused)
      if (refused > MOST_REFUSALS) throw error
      this.#unheard = true
      return
    }
    this.#taken.add(key)
  }
}

function same(key: string): Pick<Saying, 'subject' | 'key'> {
  return { subject: key, key }
}

function decisionOf(choice: Chosen): { choice: Choice; fields?: Record<string, unknown> } {
  return choice.startsWith('fix:')
    ? { choice: 'retry', fields: { to: choice.slice('fix:'.length) } }
    : { choice: choice as Choice }
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.cause instanceof ApplicationFailure
}

function unlessRepeated(error: unknown): void {
  const repeated =
    error instanceof Error && error.cause instanceof ApplicationFailure && error.cause.type === 'FORBIDDEN'
  if (!repeated) throw error
}
