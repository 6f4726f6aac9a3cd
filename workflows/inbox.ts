import { defineUpdate, setHandler } from '@temporalio/workflow'
import { MESSAGE_DESCRIPTIONS, type MessageName, type Messages, type Signed } from '../model/messages.ts'
import { type Actor, whyNotApprove } from '../model/policy.ts'
import { whyNot } from '../model/refusal.ts'
import type { StepState } from '../model/run.ts'
import { engine } from './activities.ts'
import { hasAnswer } from './asking.ts'
import { problemOf, refusal } from './problem.ts'
import { note, type Run } from './record.ts'
import { cancelAll } from './scope.ts'
import { escalate, page, refresh } from './telling.ts'

/** A break-glass approval is owed within a day, in milliseconds. */
const APPROVAL_OWED = 24 * 60 * 60_000

type Sender = Actor & { verified: boolean }
type Reply = { phase: string; planDigest?: string }

/**
 * Registers every message of a run. Refusals are synchronous and write nothing; who sent a message is proven before
 * it counts, and the run is looked at again after that proof, because it may have moved meanwhile.
 */
export function openInbox(run: Run): void {
  for (const name of Object.keys(ACCEPT) as MessageName[])
    setHandler(defineUpdate<Reply, [Signed<Messages[MessageName]>]>(name), (message) => receive(run, name, message), {
      validator: (message) => refuse(run, name, message),
      description: MESSAGE_DESCRIPTIONS[name],
    })
}

async function receive<Name extends MessageName>(
  run: Run,
  name: Name,
  message: Signed<Messages[Name]>,
): Promise<Reply> {
  const sender = await identify(name, message, run)
  refuse(run, name, message)
  ACCEPT[name](run, message, sender)
  refresh(run, name)
  const { phase, planDigest } = run.state
  return { phase, ...(planDigest && { planDigest }) }
}

function refuse<Name extends MessageName>(run: Run, name: Name, message: Signed<Messages[Name]>): void {
  const problem = whyNot(run.state, name, message)
  if (problem) throw refusal(problem)
}

async function identify(name: MessageName, message: Signed<object>, { state }: Run): Promise<Sender> {
  const { signed, ...content } = message
  if (!signed) return { subject: 'unverified', groups: [], verified: false }
  try {
    const call = { message: name, workflowId: state.id, content: content as Record<string, unknown>, signed }
    return {
      ...(await engine['unwind.identify'].executeWithOptions({ summary: `Prove who sent ${name}` }, [call])),
      verified: true,
    }
  } catch (error) {
    throw refusal(problemOf(error, 'identity'))
  }
}

const ACCEPT: { [Name in MessageName]: (run: Run, message: Messages[Name], sender: Sender) => void } = {
  approve(run, { planDigest, stepId, note: text }, sender) {
    const { approvals, startedBy } = run.state
    const asking = stepId === undefined ? undefined : askingStep(run, stepId)?.asking
    const need = stepId === undefined ? run.state.need : asking?.need
    const since = asking?.since ?? 0
    const given = approvals.filter(
      (approval) => approval.planDigest === planDigest && approval.stepId === stepId && approval.at >= since,
    )
    const refused = need && whyNotApprove(need, sender, startedBy.subject, given)
    if (refused) throw refusal({ code: 'FORBIDDEN', message: refused })
    const { subject, groups } = sender
    const about = stepId === undefined ? {} : { stepId }
    approvals.push({ actor: { subject, groups }, planDigest, at: Date.now(), ...about, ...(text && { note: text }) })
    note(run, 'approved', text ?? `Approved ${asking ? asking.question : 'the plan'}`, { ...about, ...by(sender) })
  },
  reject(run, { stepId, note: text }, sender) {
    const asking = stepId === undefined ? undefined : askingStep(run, stepId)?.asking
    if (asking) asking.rejected = { by: sender.subject, ...(text && { note: text }) }
    else run.rejected = true
    const about = stepId === undefined ? {} : { stepId }
    note(run, 'rejected', text ?? `Rejected ${asking ? asking.question : 'the plan'}`, { ...about, ...by(sender) })
  },
  breakGlass(run, { planDigest, incident, note: text }, sender) {
    const { state } = run
    state.brokenGlass = { planDigest, by: sender.subject, at: Date.now(), incident }
    const owed = `Approve afterwards what ${sender.subject} did without approval in ${incident}: ${text}`
    const rules = state.steps.flatMap(({ asking }) => asking?.need?.rules ?? [])
    const groups = (rules.length > 0 ? rules : (state.need?.rules ?? [])).flatMap((rule) => rule.groups)
    const owner = [...new Set(groups)].join(', ') || 'anybody who may approve'
    const before = state.obligations ?? []
    const id = before.length === 0 ? 'approval' : `approval-${before.length + 1}`
    state.obligations = [...before, { id, text: owed, owner, due: Date.now() + APPROVAL_OWED }]
    const said = `Goes on without approval in ${incident}: ${text}`
    note(run, 'broken-glass', said, by(sender))
    page(run, 'broken-glass', said)
    escalate(run, said)
  },
  answer(run, message, sender) {
    if (hasAnswer(run, { id: message.questionId, attempt: message.attempt }))
      throw refusal({ code: 'STALE_DECISION', message: `${message.questionId} has just been answered.` })
    run.answers.push({ ...message, actor: sender.subject })
  },
  tick(run, { item, note: text }, sender) {
    const found = run.state.checklist?.find(({ id }) => id === item)
    if (!found) return
    found.ticked = { at: Date.now(), by: sender.subject, ...(text && { note: text }) }
    note(run, 'ticked', found.text, by(sender))
  },
  decide(run, message, sender) {
    run.decision ??= { ...message, actor: sender.subject, verified: sender.verified }
  },
  claim(run, { note: text }, sender) {
    run.state.claimedBy = sender.subject
    note(run, 'claimed', text ?? `${sender.subject} is driving`, by(sender))
  },
  pause(run, { note: text }, sender) {
    run.state.pause = { by: sender.subject, at: Date.now() }
    note(run, 'paused', text ?? 'Pause before the next step', by(sender))
  },
  resume(run, { note: text }, sender) {
    delete run.state.pause
    note(run, 'resumed', text ?? 'Go on', by(sender))
  },
  abort(run, { note: text }, sender) {
    run.abort = { actor: sender.subject, note: text }
    cancelAll(run)
  },
}

function askingStep({ state }: Run, stepId: string): StepState | undefined {
  return state.steps.find(({ id, asking }) => id === stepId && asking?.what === 'approve')
}

function by({ subject, verified }: Sender): { actor: string; verified: boolean } {
  return { actor: subject, verified }
}
