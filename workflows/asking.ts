import { type ApprovalRule, CONFIRMATION_EXPIRES, missing } from '../model/policy.ts'
import type { Messages } from '../model/messages.ts'
import type { StepAsking } from '../model/runbook/progress.ts'
import type { Problem } from '../model/errors.ts'
import type { StepState } from '../model/run.ts'
import { compiledOf } from './compiled.ts'
import { note, type Run } from './record.ts'
import { page } from './telling.ts'
import { awaitPeople, pageEvery } from './waiting.ts'

type Answer = Messages['answer'] & { actor: string }
interface Question {
  id: string
  attempt: number
}

/** Who has to approve where the step names nobody. */
const ANYBODY_ELSE: ApprovalRule = { min: 1, groups: [], self: false, expires: CONFIRMATION_EXPIRES }

/** Whether somebody has answered this question, in this attempt. */
export function hasAnswer({ answers }: Run, { id, attempt }: Question): boolean {
  return answers.some((answer) => answer.questionId === id && answer.attempt === attempt)
}

/** Takes the answer out of the inbox, and whatever else was said about the question. */
export function takeAnswer(run: Run, { id, attempt }: Question): Answer | undefined {
  const given = run.answers.find((answer) => answer.questionId === id && answer.attempt === attempt)
  run.answers = run.answers.filter(({ questionId }) => questionId !== id)
  return given
}

/** Asks a person about a step and waits for yes or no; undefined when something else has to be done first. */
export async function askAboutStep(
  run: Run,
  step: StepState,
  about: Pick<StepAsking, 'what' | 'question' | 'because' | 'inputs'>,
): Promise<Answer | undefined> {
  const asking = open(run, step, { ...about, since: Date.now() })
  await awaitPeople(run, {
    summary: `Waiting for an answer: ${asking.question}`.slice(0, 190),
    text: asking.question,
    stepId: step.id,
    since: asking.since,
    answered: () => hasAnswer(run, step),
    remind: pageEvery(run),
    keeper: asking,
  })
  const given = run.abort ? undefined : takeAnswer(run, step)
  if (!given) return undefined
  delete step.asking
  const text = `${given.answer === 'yes' ? 'Yes' : 'No'}: ${asking.question}${given.note ? ` (${given.note})` : ''}`
  note(run, 'answered', text, { stepId: step.id, actor: given.actor })
  return given
}

/**
 * Waits for the approvals of an approve step. Time that runs out is no yes: it is a problem, as a no is. Undefined while
 * neither has come; a glass that was broken for this plan opens this step too.
 */
export async function awaitStepApproval(run: Run, step: StepState): Promise<'yes' | Problem | undefined> {
  if (broken(run)) {
    // The question may be of an earlier execution of the run, which went on as this one before the glass was broken.
    delete step.asking
    return 'yes'
  }
  const { text = step.title, rule = ANYBODY_ELSE } = compiledOf(run.input, step).asked ?? {}
  const need = { rules: [rule], because: [text] }
  const asking = open(run, step, { what: 'approve', question: text, since: Date.now(), need })
  const waited = await awaitPeople(run, {
    summary: `Waiting for an approval: ${text}`.slice(0, 190),
    text: `Still waits for an approval: ${text}`,
    stepId: step.id,
    since: asking.since,
    expires: asking.since + rule.expires,
    answered: () => stepApproved(run, step) || asking.rejected !== undefined,
    remind: rule.remind,
    always: true,
    escalate: rule.escalate,
    keeper: asking,
  })
  if (waited === 'later') return undefined
  const approved = stepApproved(run, step)
  delete step.asking
  if (asking.rejected)
    return { code: 'STEP_DECLINED', message: `${asking.rejected.by} said no to: ${text}. Retry asks again.` }
  if (!approved) return { code: 'APPROVAL_EXPIRED', message: `Nobody approved in time: ${text}. Retry asks again.` }
  return 'yes'
}

function stepApproved(run: Run, step: StepState): boolean {
  const { asking } = step
  if (!asking?.need || broken(run)) return true
  const { approvals, planDigest, startedBy } = run.state
  const given = approvals.filter(
    (approval) => approval.stepId === step.id && approval.planDigest === planDigest && approval.at >= asking.since,
  )
  return missing(asking.need, startedBy.subject, given) === 0
}

function broken({ state }: Run): boolean {
  return state.brokenGlass !== undefined && state.brokenGlass.planDigest === state.planDigest
}

/** What the step asks now; asked anew, it counts as another attempt, so that an answer to the last one is refused. */
function open(run: Run, step: StepState, about: StepAsking): StepAsking {
  if (step.asking?.what === about.what) return step.asking
  step.attempt += 1
  step.status = 'asking'
  step.startedAt ??= Date.now()
  step.asking = about
  const why = about.because ? ` A person has to answer: ${about.because}` : ''
  note(run, about.what === 'approve' ? 'approval-needed' : 'question', `${about.question}${why}`, { stepId: step.id })
  page(run, 'question', about.question)
  return about
}
