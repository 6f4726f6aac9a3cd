import { leadsTo } from '../model/runbook/walk.ts'
import { asksForRelease, releaseFacts } from '../model/runbook/facts.ts'
import type { Question } from '../model/runbook/compiled.ts'
import type { Answered, Asking, Decision } from '../model/runbook/progress.ts'
import { canonical } from '../model/canonical.ts'
import type { CompiledStep } from '../model/run.ts'
import { call } from './activities.ts'
import { takeAnswer, hasAnswer } from './asking.ts'
import { changes, routeOf } from './compiled.ts'
import { evaluate } from './evaluating.ts'
import { end, enter, note, type Run, stepsOf } from './record.ts'
import { abortable } from './scope.ts'
import { page } from './telling.ts'
import { awaitPeople, pageEvery } from './waiting.ts'

/** Objects whose history is read for the facts of the release: the first ones that the runbook would move. */
const OBJECTS = 5
const READ_LIMIT = 20_000
const READ_ATTEMPTS = 3

/** Where a walk ended: at a procedure, at a question for a person, or at a stop. */
export type Arrived = { run: string } | { stop: string } | { asks: Asking }

/** Walks the decision tree to a procedure or to the end of the run; a question without evidence is asked of a person. */
export async function decide(run: Run): Promise<void> {
  const arrived = await walk(run)
  if (run.abort || !arrived) return
  if ('stop' in arrived) return end(run, 'not-applicable', arrived.stop)
  if ('asks' in arrived) return askPerson(run, arrived.asks)
  choose(run, arrived.run)
  enter(run, 'planning')
}

/** Goes as far as evidence and the answers given beforehand lead. */
export async function walk(run: Run): Promise<Arrived | undefined> {
  const { input, state } = run
  const { runbook } = input
  if (!runbook) return undefined
  await readRelease(run)
  const decision = runbook.questions.length > 0 ? (state.decision ??= { path: [] }) : { path: [] }
  for (;;) {
    if (run.abort) return undefined
    const next = leadsTo(runbook, decision.path)
    if (!('ask' in next)) return next
    const asks = decision.asking ?? (await answerByEvidence(run, decision, next.ask))
    if (asks) return { asks }
  }
}

/** The procedure's steps become those of the run. */
export function choose({ input, state }: Run, procedure: string): void {
  state.procedure = procedure
  state.steps = stepsOf(input, procedure)
}

/** Answers the question where it can be; what is left for a person otherwise. */
async function answerByEvidence(run: Run, decision: Decision, question: Question): Promise<Asking | undefined> {
  const { id, evidence: expression } = question
  const about = { id, question: question.question, ...(expression && { expression }) }
  const evaluated = expression
    ? await evaluate(run, expression, question.question)
    : { inputs: {}, unknown: 'the runbook names no evidence' }
  const { inputs } = evaluated
  if ('value' in evaluated) {
    const answer = evaluated.value ? 'yes' : 'no'
    answered(run, decision, { ...about, answer, at: Date.now(), by: 'evidence', inputs })
    return undefined
  }
  const given = run.input.answers?.[id]
  if (given) {
    const by = { subject: run.input.startedBy.subject }
    answered(run, decision, { ...about, answer: given, at: Date.now(), by, inputs, note: 'answered at the start' })
    return undefined
  }
  return { ...about, inputs, attempt: 1, since: Date.now(), because: evaluated.unknown }
}

function answered(run: Run, decision: Decision, entry: Answered): void {
  decision.path.push(entry)
  delete decision.asking
  const by = entry.by === 'evidence' ? 'by evidence' : `by ${entry.by.subject}`
  const extra = entry.by === 'evidence' ? {} : { actor: entry.by.subject }
  note(run, 'decision', `${entry.question} ${entry.answer === 'yes' ? 'Yes' : 'No'}, ${by}`, extra)
}

async function askPerson(run: Run, asks: Asking): Promise<void> {
  const { decision } = run.state
  if (!decision) return
  if (!decision.asking) {
    decision.asking = asks
    note(run, 'question', `${asks.question} A person has to answer: ${asks.because}`)
    page(run, 'question', asks.question)
  }
  const { asking } = decision
  await awaitPeople(run, {
    summary: `Waiting for an answer: ${asking.question}`.slice(0, 190),
    text: asking.question,
    since: asking.since,
    answered: () => hasAnswer(run, asking),
    remind: pageEvery(run),
    keeper: asking,
  })
  const given = run.abort ? undefined : takeAnswer(run, asking)
  if (!given) return
  const { attempt: _attempt, since: _since, because: _because, nudged: _nudged, ...about } = asking
  const by = { subject: given.actor }
  answered(run, decision, {
    ...about,
    answer: given.answer,
    at: Date.now(),
    by,
    ...(given.note && { note: given.note }),
  })
}

/** Reads once what the systems tell about the release that is left. What can't be read stays unknown. */
async function readRelease(run: Run): Promise<void> {
  const { input, state } = run
  if (state.release || !asksForRelease(input)) return
  const histories = await Promise.all(objectsOf(input.steps).map((step) => readHistory(run, step)))
  if (!run.abort) state.release = releaseFacts(histories.flatMap((history) => (history ? [history] : [])))
}

async function readHistory(run: Run, compiled: CompiledStep) {
  const { input, state } = run
  const { id, title, connection, step } = compiled
  const route = { ...routeOf(compiled), limit: READ_LIMIT, summary: `Read the release of ${title}` }
  const { attempts, unpolled } = input.limits
  const limits = {
    ...input.limits,
    attempts: Math.min(attempts, READ_ATTEMPTS),
    unpolled: Math.min(unpolled, READ_LIMIT),
  }
  const about = { service: input.service, environment: input.environment, actor: input.startedBy.subject }
  const argument = { stepId: id, step, connection, rollbackId: state.runId, reason: input.reason, ...about }
  return abortable(run, () => call('history', route, limits, argument)).catch(() => undefined)
}

/** One step for each object that the runbook would move, in its order. */
function objectsOf(steps: readonly CompiledStep[]): CompiledStep[] {
  const seen = new Map<string, CompiledStep>()
  for (const compiled of steps) {
    if (!changes(compiled)) continue
    const { id: _id, ...fields } = compiled.step
    const key = canonical([compiled.connection, fields])
    if (!seen.has(key)) seen.set(key, compiled)
  }
  return [...seen.values()].slice(0, OBJECTS)
}
