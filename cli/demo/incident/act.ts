import { createHmac } from 'node:crypto'
import { readable } from '../../../model/duration.ts'
import type { ProposalState } from '../../../model/triggers/proposal.ts'
import { until } from '../../../tools/wait.ts'
import { getMarkdown, getRollback, type Rollback } from '../../calls.ts'
import { getDeployable, getProposal, getService, postProposal, postRelease } from '../../services.ts'
import { watchRun } from '../../watch.ts'
import { ActFailed } from '../acts.ts'
import { isReady } from '../pods.ts'
import { checkout } from '../shop.ts'
import type { Stage } from '../stage.ts'
import { BEN_IN_SLACK } from './configuration.ts'
import { FLAG } from './flags.ts'
import type { Posted } from './outsiders.ts'
import type { Scene } from './scene.ts'

const PATIENT = { within: 90_000, every: 100 }
/** The registry of the demo's own cluster, whose nodes pull nothing. */
const image = (release: string) => `registry.example/shop/checkout:${release}`

/** An incident from its cause to the lock. Answers the run that ended it. */
export async function playIncident(stage: Stage, scene: Scene): Promise<Rollback> {
  stage.heading('A bad release raises the error rate')
  await release(stage, scene.bad)
  await alerted(stage, scene)
  const proposal = await proposed(stage)
  await accept(stage, proposal)
  await approve(stage, scene)
  const rollback = await watched(stage)
  await told(stage, scene, rollback)
  conclude(stage, await getProposal(stage.client, stage.place, proposal.id), rollback)
  return rollback
}

/** CI says what was deployed, so that the cause can be told apart from what only happens at the same time. */
async function release({ client, place, ground, tell }: Stage, bad: string): Promise<void> {
  const { hands, namespace } = ground
  const now = () => new Date().toISOString()
  const good = {
    version: 'v1.8',
    images: [image('v1.8')],
    healthy: true,
    deployedAt: new Date(Date.now() - 3_600_000).toISOString(),
  }
  await postRelease(client, place, good, undefined)
  const startedAt = now()
  await hands.apply([checkout(ground, bad)])
  const selector = `app.kubernetes.io/name=checkout,app.kubernetes.io/version=${bad}`
  const rolledOut = async () => (await hands.pods(namespace, selector)).filter(isReady).length === 3
  await until(`checkout ${bad} to be rolled out`, rolledOut, PATIENT)
  await postRelease(client, place, { version: bad, images: [image(bad)], startedAt, deployedAt: now() }, undefined)
  tell(
    `CI deploys checkout ${bad} and records it. All pods are ready, but with the flag ${FLAG} half of the requests fail.`,
  )
}

/** Once Prometheus has seen it for three seconds, Alertmanager tells Unwind. */
async function alerted({ client, place, tell }: Stage, { prometheus }: Scene): Promise<void> {
  const firing = async () => {
    const answer = await fetch(`${prometheus.url}/api/v1/alerts`, { signal: AbortSignal.timeout(5_000) })
    const { data } = (await answer.json()) as { data: { alerts: { state: string; value: string }[] } }
    return data.alerts.find(({ state }) => state === 'firing')
  }
  const alert = await until('the alert to fire', firing, PATIENT)
  tell(`Prometheus: CheckoutErrors fires, at an error rate of ${(Number(alert.value) * 100).toFixed(0)}%.`)
  await until('Unwind to hear of it', async () => (await getService(client, place)).episodes.length > 0, PATIENT)
  tell('Alertmanager has told Unwind: POST /v1/triggers/alertmanager.')
}

/** The first episode that is proposed: where an alert comes and goes at first, that is not the first one. */
async function proposed({ client, place, tell, quote }: Stage): Promise<ProposalState> {
  const look = async () => {
    const { episodes } = await getService(client, place)
    const seen = await Promise.all(episodes.map(({ id }) => getProposal(client, place, id)))
    const ready = seen.find(({ standing, planned }) => standing === 'proposed' && planned)
    if (ready) return ready
    throw new Error(
      seen.flatMap(({ outcome = '', refusals }) => [outcome, ...refusals.map(({ text }) => text)]).join('; '),
    )
  }
  const ready = await until('a proposal', look, PATIENT)
  tell('Unwind proposes. Nothing is changed yet:')
  for (const line of ready.planned?.lines ?? []) quote(line)
  return ready
}

async function accept({ client, place, tell, show }: Stage, { id, planned }: ProposalState): Promise<void> {
  show([[['bold', `$ unwind proposal accept ${place.environment}/${place.service} ${id}`]]])
  await postProposal(client, place, id, { decision: 'accept', planDigest: planned?.digest })
  tell('Anna accepts. The policy wants somebody else’s approval.')
}

/** Presses the button of the message in Slack, as Slack would send it: signed, from the person whose account it is. */
async function approve({ client, place, tell }: Stage, { outsiders, cast }: Scene): Promise<void> {
  const value = await until('the button in Slack', () => buttonIn(outsiders.messages), PATIENT)
  tell('In Slack stands one message with the plan and two buttons. Ben presses Approve.')
  const action = { type: 'button', action_id: 'unwind_approve', value, action_ts: String(Date.now() / 1_000) }
  const user = { id: BEN_IN_SLACK, name: 'ben' }
  const payload = { type: 'block_actions', user, response_url: `${outsiders.url}/actions/1`, actions: [action] }
  const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString()
  const timestamp = String(Math.floor(Date.now() / 1_000))
  const signature = createHmac('sha256', cast.signing).update(`v0:${timestamp}:${body}`).digest('hex')
  const answer = await fetch(`${client.url}/v1/hooks/slack`, {
    ...{ method: 'POST', body, signal: AbortSignal.timeout(10_000) },
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': `v0=${signature}`,
    },
  })
  if (!answer.ok) throw new ActFailed(`the press of the button was answered ${answer.status}: ${await answer.text()}`)
  const taken = async () => (await getRollback(client, place)).phase !== 'awaiting-approval'
  await until('the approval to count', taken, PATIENT)
}

function buttonIn(messages: readonly Posted[]): string | undefined {
  const buttons = messages.flatMap(({ blocks = [] }) => blocks.flatMap(({ elements = [] }) => elements))
  return buttons.find(({ action_id: action }) => action === 'unwind_approve')?.value
}

async function watched({ client, place, terminal, signal }: Stage): Promise<Rollback> {
  terminal.say('')
  const { rollback } = await watchRun(client, place, { through: false }, terminal, signal)
  terminal.say('')
  if (rollback?.outcome === 'recovered') return rollback
  const problem = rollback?.parked?.problem ?? rollback?.problem
  throw new ActFailed(
    `it should have recovered, and is ${rollback?.outcome ?? rollback?.phase}${problem ? `: ${problem.code}: ${problem.message}` : ''}`,
  )
}

/** What people find afterwards: everything that was told, and what keeps the release from coming back. */
async function told({ client, place, tell, quote }: Stage, scene: Scene, { runId }: Rollback): Promise<void> {
  const { outsiders, flag, traffic, bad } = scene
  const { messages, issues, annotations } = outsiders
  const run = () => messages.find(({ text, thread_ts: thread }) => thread === undefined && text.includes('recovered'))
  await until('people to be told', () => run() && issues[0]?.title.includes('recovered'), PATIENT)
  if (await flag.isOn()) throw new ActFailed(`the flag ${FLAG} should be off in Unleash`)
  tell(`Unleash: ${FLAG} is off. Failing requests now: ${(traffic.failing() * 100).toFixed(0)}%.`)
  const thread = messages.filter(({ thread_ts: of }) => of !== undefined && of === run()?.ts).length
  tell(`Slack: what was proposed, and the run as one message, changed in place, with ${thread} events in its thread:`)
  for (const { text, thread_ts: of } of messages) quote(`${of === undefined ? '' : '  ↳ '}${text}`)
  const [issue] = issues
  tell(`Ticket, with the report: ${issue?.html_url} “${issue?.title}” (${issue?.body.length} characters)`)
  const [region] = annotations
  tell(
    `Grafana: ${annotations.length} annotation, a region of ${readable((region?.timeEnd ?? 0) - (region?.time ?? 0))}.`,
  )
  const service = await until(
    'the lock',
    async () => {
      const seen = await getService(client, place)
      return seen.lock ? seen : undefined
    },
    PATIENT,
  )
  tell(`Lock: ${service.lock?.reason}.`)
  const { deployable, refusals } = await getDeployable(client, place, { version: bad, images: [image(bad)] })
  if (deployable) throw new ActFailed(`${bad} should be refused`)
  tell(`CI asks whether it may deploy ${bad} again: no.`)
  for (const { text } of refusals) quote(text)
  const report = await getMarkdown(client, place, runId)
  tell(`The report has ${report.split('\n').length} lines, the samples of the checks among them.`)
}

function conclude({ tell, heading }: Stage, { alert, since, accepted }: ProposalState, rollback: Rollback): void {
  const { startedAt, endedAt = Date.now(), approvals } = rollback
  const after = (at: number | undefined) => (at === undefined ? '' : readable(Math.max(0, at - alert.startsAt)))
  heading('The clock')
  const approved = approvals.map(({ at }) => at).at(-1)
  tell(
    [
      `fires 0 s`,
      `heard of after ${after(since)}`,
      `accepted after ${after(accepted?.at ?? startedAt)}`,
      ...(approved === undefined ? [] : [`approved after ${after(approved)}`]),
    ].join(', '),
  )
  tell(`From firing to recovered: ${after(endedAt)}.`)
}
