import type { RunState } from '../../model/run.ts'
import type { Api } from '../context.ts'
import { queryState, recordOf } from '../rollbacks/read.ts'
import type { Place } from '../schemas/parameters.ts'
import { describe, type Execution } from '../temporal/executions.ts'
import { doingOf } from './doing.ts'
import { followHistory, pause } from './follow.ts'
import type { Doing, Sink, WatchEvent } from './sink.ts'

/** How often what the step does just now is looked at, in milliseconds. */
const LOOK_EVERY = 1_000
/** Before each question for the record: it takes its turn between the run's own steps, and no eye is faster. */
const ASK_EVERY = 100

/** One watched run with all its clients: Temporal is read once for all of them. */
export class Watch {
  readonly #api: Api
  readonly #place: Place
  readonly #found: Execution
  readonly #over: () => void
  readonly #stopping = new AbortController()
  /** The last seq of the timeline that each client was sent. */
  readonly #clients = new Map<Sink, number>()
  #state: RunState | undefined
  #doing: Doing | undefined
  #status: string | undefined
  #changed = true
  #asking = false
  #unanswered = false

  /** `over` is called once, when the run has ended or nobody watches it any more. */
  constructor(api: Api, place: Place, found: Execution, over: () => void) {
    this.#api = api
    this.#place = place
    this.#found = found
    this.#over = over
  }

  get size(): number {
    return this.#clients.size
  }

  /** Adds a client that has seen the timeline up to `seen`, and sends what is known already. */
  join(sink: Sink, seen: number): void {
    if (this.#stopping.signal.aborted) return sink.close()
    this.#clients.set(sink, seen)
    if (this.#state) this.#tellState(sink, this.#state)
    if (this.#status !== undefined) this.#tell(sink, { event: 'status', data: { status: this.#status } })
    if (this.#doing) this.#tell(sink, { event: 'doing', data: this.#doing })
    if (this.#clients.size === 1) void this.#run()
  }

  leave(sink: Sink): void {
    if (this.#clients.delete(sink) && this.#clients.size === 0) this.#stop()
  }

  /** Ends all streams without an `end`: the clients come back and resume. */
  close(): void {
    for (const sink of this.#clients.keys()) sink.close()
    this.#clients.clear()
    this.#stop()
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    const { workflowId, currentRunId, open } = this.#found
    if (open) {
      void this.#look(signal)
      const changed = (status?: string) => {
        if (status !== undefined) this.#showStatus(status)
        void this.#ask()
      }
      if ((await followHistory(this.#api, { workflowId, runId: currentRunId }, changed, signal)) === 'stopped') return
    }
    while (!signal.aborted && !(await this.#finish())) await pause(LOOK_EVERY, signal)
  }

  /** Asks the worker for the record as often as it changes, one question at a time. */
  async #ask(): Promise<void> {
    this.#changed = true
    if (this.#asking) return
    this.#asking = true
    while (this.#changed && !this.#stopping.signal.aborted) {
      await pause(ASK_EVERY, this.#stopping.signal)
      if (this.#stopping.signal.aborted) break
      this.#changed = false
      const state = await queryState(this.#api, this.#found.workflowId)
      this.#unanswered = state === undefined
      // The id may belong to a younger run by now; this one's end comes by its history.
      if (state?.runId === this.#found.runId) this.#showState(state)
      if (this.#unanswered) break
    }
    this.#changed ||= this.#unanswered
    this.#asking = false
  }

  async #look(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#changed) void this.#ask()
      this.#showDoing(await this.#lookOnce())
      await pause(LOOK_EVERY, signal)
    }
  }

  async #lookOnce(): Promise<Doing> {
    try {
      const now = await describe(this.#api, this.#found.workflowId)
      if (this.#unanswered) return { doing: 'no worker answers; the rollback goes on as soon as one runs' }
      return await doingOf(this.#api, now?.description.raw.pendingActivities ?? [])
    } catch {
      return { doing: 'Temporal does not answer; the rollback goes on as soon as it does' }
    }
  }

  async #finish(): Promise<boolean> {
    try {
      const last = (await describe(this.#api, this.#found.workflowId, this.#found.currentRunId)) ?? this.#found
      const { state } = await recordOf(this.#api, this.#place, last)
      this.#showState(state)
      const end: WatchEvent = { event: 'end', data: { ...(state.outcome && { outcome: state.outcome }) } }
      for (const sink of [...this.#clients.keys()]) this.#tell(sink, end)
      this.close()
      return true
    } catch {
      // Temporal is away just now; the end is told when it is back.
      return false
    }
  }

  #showState(state: RunState): void {
    this.#state = state
    for (const sink of [...this.#clients.keys()]) this.#tellState(sink, state)
  }

  #showStatus(status: string): void {
    if (status === this.#status) return
    this.#status = status
    for (const sink of [...this.#clients.keys()]) this.#tell(sink, { event: 'status', data: { status } })
  }

  #showDoing(doing: Doing): void {
    if (doing.doing === this.#doing?.doing && doing.attempt === this.#doing.attempt) return
    this.#doing = doing
    for (const sink of [...this.#clients.keys()]) this.#tell(sink, { event: 'doing', data: doing })
  }

  #tellState(sink: Sink, state: RunState): void {
    const seen = this.#clients.get(sink) ?? 0
    const fresh = state.timeline.filter((event) => event.seq > seen)
    this.#clients.set(sink, Math.max(seen, state.timeline.at(-1)?.seq ?? 0))
    for (const event of fresh) this.#tell(sink, { event: 'timeline', data: event })
    this.#tell(sink, { event: 'state', data: state })
  }

  #tell(sink: Sink, event: WatchEvent): void {
    if (this.#clients.has(sink) && !sink.send(event)) this.leave(sink)
  }

  #stop(): void {
    if (this.#stopping.signal.aborted) return
    this.#stopping.abort()
    this.#over()
  }
}
