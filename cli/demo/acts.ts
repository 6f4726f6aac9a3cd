import { randomUUID } from 'node:crypto'
import type { KubernetesObject } from '@kubernetes/client-node'
import { until } from '../../tools/wait.ts'
import { postDecision, postRollback, type Rollback } from '../calls.ts'
import { EXIT } from '../exit.ts'
import { commandFor } from '../render/words.ts'
import { type WatchOptions, watchRun } from '../watch.ts'
import { DEPLOYMENTS } from './ground.ts'
import { isCrashing, isReady, podLines } from './pods.ts'
import { badCheckout, shop } from './shop.ts'
import type { Stage } from './stage.ts'

/** Short, so that the demo is; the default is 10 s. */
const SOAK = '3s'

/** An act that ended otherwise than it should. */
export class ActFailed extends Error {}

/** Deploys the shop and waits until all its pods are ready. */
export async function deployShop({ ground, tell }: Stage): Promise<void> {
  const { hands, namespace } = ground
  await hands.apply(shop(ground, 'v1.8'))
  const ready = async () => {
    const pods = await hands.pods(namespace, 'app.kubernetes.io/part-of=shop')
    return pods.length === 8 && pods.every(isReady)
  }
  await until('the shop to be ready', ready, { within: 120_000, every: 100 })
  tell('A shop of three Deployments runs release v1.8: storefront, checkout and payments.')
}

/** A bad release is rolled back. */
export async function actOne(stage: Stage): Promise<Rollback> {
  stage.heading('Act 1: a bad release is rolled back')
  await breakCheckout(stage, 'v1.9')
  const rollback = await recover(stage, 'Checkout crashes since v1.9', {})
  stage.tell('Recovered: checkout runs v1.8 again, and has held.')
  return rollback
}

/** The worker dies in the middle of a rollback, and another one goes on. */
export async function actTwo(stage: Stage): Promise<Rollback> {
  stage.heading('Act 2: the worker dies in the middle of a rollback')
  await breakCheckout(stage, 'v1.10')
  const dead = stage.worker()
  let aside: string | undefined
  let successor: Promise<unknown> = Promise.resolve()
  const killInTheMiddle = ({ steps }: Rollback) => {
    if (!aside && steps.some(({ status }) => status === 'verifying')) {
      aside = `The worker (pid ${dead.pid}) was killed with SIGKILL just now; another one is started.`
      successor = dead.kill().then(() => stage.replaceWorker())
      // Awaited below; a failure before that must not end the process.
      successor.catch(() => undefined)
    }
    return aside
  }
  const rollback = await recover(stage, 'Checkout crashes since v1.10', { seen: killInTheMiddle })
  await successor
  if (!aside) throw new ActFailed('the rollback was over before its worker could be killed')
  stage.tell(`Recovered all the same: worker ${stage.worker().pid} went on where worker ${dead.pid} had died.`)
  return rollback
}

/** A step can't go on, parks with its cause, and is resumed. */
export async function actThree(stage: Stage): Promise<Rollback> {
  stage.heading('Act 3: a step parks, and is resumed')
  const { ground, client, place, tell } = stage
  await breakCheckout(stage, 'v1.11')
  await grant(stage, false)
  tell("Somebody has taken the worker's right to patch Deployments away.")
  const parked = await play(stage, 'Checkout crashes since v1.11', {})
  expect(
    parked.exit === EXIT.needsPerson && parked.rollback.parked !== undefined,
    'the rollback should have parked',
    parked.rollback,
  )
  tell('It waits for a person, says why and what each answer would do. Nothing is lost.')
  await grant(stage, true)
  tell('The right is given back. Now:')
  const { parked: at, runId, timeline } = parked.rollback
  if (!at) throw new ActFailed('the rollback should have parked')
  stage.show([[['bold', `$ ${commandFor('retry', place)}`]], []])
  await postDecision(client, place, { stepId: at.stepId, attempt: at.attempt, choice: 'retry' }, runId)
  const watched = await watchRun(
    client,
    place,
    { through: false, run: runId, answered: at.since, after: timeline.at(-1)?.seq },
    stage.terminal,
    stage.signal,
  )
  stage.terminal.say('')
  expect(watched.exit === EXIT.ok, 'the resumed rollback should have recovered', watched.rollback)
  tell(`Recovered: checkout in ${ground.namespace} runs v1.8 again.`)
  return watched.rollback ?? parked.rollback
}

async function breakCheckout({ ground, tell, show }: Stage, release: string): Promise<void> {
  const { hands, namespace } = ground
  await hands.apply([badCheckout(ground, release)])
  const selector = `app.kubernetes.io/name=checkout,app.kubernetes.io/version=${release}`
  const crashed = async () => (await hands.pods(namespace, selector)).some(isCrashing)
  await until(`a pod of checkout ${release} to crash`, crashed, { within: 120_000, every: 100 })
  tell(`Somebody deploys checkout ${release}. Its pods crash:`)
  show([[], ...podLines(await hands.pods(namespace, 'app.kubernetes.io/name=checkout'), Date.now()), []])
}

async function recover(stage: Stage, reason: string, options: Pick<WatchOptions, 'seen'>): Promise<Rollback> {
  const { exit, rollback } = await play(stage, reason, options)
  expect(exit === EXIT.ok, 'the rollback should have recovered', rollback)
  return rollback
}

/** Posts the rollback and watches it. */
async function play(
  { client, place, ground, terminal, tell, show, quote, signal }: Stage,
  reason: string,
  options: Pick<WatchOptions, 'seen'>,
): Promise<{ exit: number; rollback: Rollback }> {
  const step = { kind: 'kubernetes', workload: 'deployment/checkout', to: 'previous', soak: SOAK }
  tell(`A person, an alert or a button asks for it (soak ${SOAK} here, 10 s by default):`)
  const where = `-n ${ground.namespace} -e ${place.environment}`
  const command = `unwind start deployment/checkout ${where} --to previous --soak ${SOAK} --reason "${reason}"`
  show([[['bold', `$ ${command}`]]])
  quote(`which is: POST ${client.url}/v1/rollbacks ${JSON.stringify({ ...place, steps: [step], reason })}`)
  terminal.say('')
  const { runId } = await postRollback(client, { ...place, steps: [step], reason }, randomUUID(), signal)
  const { exit, rollback } = await watchRun(client, place, { through: false, run: runId, ...options }, terminal, signal)
  terminal.say('')
  if (!rollback) throw new ActFailed('nothing of the rollback was seen')
  return { exit, rollback }
}

/** Gives the worker the right to patch Deployments, or takes it away, and waits until that holds. */
async function grant({ ground }: Stage, allowed: boolean): Promise<void> {
  const { hands, account, rights } = ground
  const changed = rights.map((object) => (allowed || object.kind !== 'Role' ? object : withoutPatch(object)))
  await hands.apply(changed.filter(({ kind }) => kind === 'Role'))
  const holds = async () => (await hands.may(account, 'patch', DEPLOYMENTS)) === allowed
  await until('the changed right to hold', holds, { within: 30_000, every: 50 })
}

function withoutPatch(role: KubernetesObject & { rules?: { verbs: string[] }[] }): KubernetesObject {
  const rules = role.rules?.map((rule) => ({ ...rule, verbs: rule.verbs.filter((verb) => verb !== 'patch') }))
  return { ...role, ...(rules && { rules }) }
}

function expect(condition: boolean, what: string, rollback: Rollback | undefined): void {
  if (condition) return
  const problem = rollback?.parked?.problem ?? rollback?.problem
  const why = problem ? `: ${problem.code}: ${problem.message}` : ''
  throw new ActFailed(`${what}, and is ${rollback?.outcome ?? rollback?.phase ?? 'not known'}${why}`)
}
