import assert from 'node:assert/strict'
import { isUnfinished } from '../../../activities/targets/helm/lock.ts'
import { UnwindError } from '../../../model/errors.ts'
import { applied, contextFor, planOf } from '../../support/conformance-drive.ts'
import type { Dice } from '../../support/dice.ts'
import { target, written } from '../../targets/helm-fixture.ts'
import { type Chart, configMap, type HelmLab } from '../../targets/helm-lab.ts'
import { deploymentOf } from '../../targets/kubernetes-manifests.ts'

/** What happens to a release, the same on both twins. Revisions are meant modulo how many there are. */
type Event =
  | { what: 'upgrade'; version: string; image: string; replicas: number; env: string; maps: string[]; broken: boolean }
  | { what: 'rollback'; pick: number }
  | { what: 'scale'; replicas: number }
  | { what: 'image'; image: string }
  | { what: 'delete'; map: string }
  | { what: 'pending' }

interface History {
  events: Event[]
  /** Which of the revisions that were deployed is gone back to. */
  pick: number
}

const IMAGES = ['3.7', '3.8', '3.9', '3.10'] as const
const MAPS = ['a', 'b', 'c', 'd'] as const

/** A history: two upgrades at first, so that there is something to go back to, then whatever the dice say. */
export function historyOf(dice: Dice): History {
  const events: Event[] = [upgrade(dice, 1, false), upgrade(dice, 2, false)]
  const more = dice.between(1, 4)
  for (let index = 0; index < more; index++) events.push(event(dice, index + 3))
  return { events, pick: dice.between(0, 1_000) }
}

/** Plays it on both, takes one back by Unwind and the other by helm, and compares. Answers what happened, in short. */
export async function played(
  { ours, theirs }: { ours: HelmLab; theirs: HelmLab },
  name: string,
  { events, pick }: History,
  { how, major }: { how: readonly string[]; major: number },
): Promise<string> {
  for (const one of events) await Promise.all([ours, theirs].map((helm) => happen(helm, name, one, how)))
  const { entries, last } = await ours.release(name)
  const able = entries.slice(1).filter(({ status }) => status === 'superseded' || status === 'deployed')
  const to = able[pick % able.length]?.revision ?? 1
  const words = `${events.map(({ what }) => what).join(' ')} → ${to}`
  const before = [entries[0]?.revision, (await theirs.release(name)).last.revision]
  assert.equal(before[0], before[1], `${words}: the twins differ before anything was taken back`)
  const [mine, helms] = await Promise.all([
    back(ours, name, to),
    theirs.helm(['rollback', name, String(to), '--history-max', '0']).then(
      () => 'deployed',
      () => 'failed',
    ),
  ])
  if (mine === 'already there') return `${words}: already there`
  assert.equal(mine, helms, `${words}: ours ${mine}, helm's ${helms}`)
  const [our, their] = [await seen(ours, name), await seen(theirs, name)]
  // The first difference of docs/guide/helm.md: the record of the rollback that broke off is taken away.
  const anew = our.revision === their.revision - 1 && isUnfinished(last) && major === 4
  assert.deepEqual(anew ? { ...our, revision: their.revision } : our, their, words)
  return `${words}: ${mine}${anew ? ' (difference 1)' : ''}`
}

export interface Seen {
  revision: number
  status: string
  objects: { objects: { name: string }[] }
}

/** What Helm keeps and what runs, without the namespace. */
export async function seen(helm: HelmLab, name: string): Promise<Seen> {
  const [{ last }, objects] = await Promise.all([helm.release(name), written(helm, name)])
  const text = JSON.stringify({ revision: last.revision, status: last.status, objects })
  return JSON.parse(text.replaceAll(helm.lab.namespace, 'twin')) as Seen
}

async function back(helm: HelmLab, name: string, to: number): Promise<string> {
  const step = helm.step(name, { to, takeover: '1s' })
  const context = contextFor(helm.connection)
  const plan = await planOf(target, step, context)
  if (plan.warnings.some(({ code }) => code === 'ALREADY_THERE')) return 'already there'
  try {
    await applied(target, step, plan, context)
    return 'deployed'
  } catch (error) {
    if (error instanceof UnwindError && error.code === 'TARGET_REJECTED') return 'failed'
    throw error
  }
}

function event(dice: Dice, index: number): Event {
  const kind = dice.between(0, 9)
  if (kind <= 2) return upgrade(dice, index, false)
  if (kind === 3) return upgrade(dice, index, true)
  if (kind <= 5) return { what: 'rollback', pick: dice.between(0, 1_000) }
  if (kind === 6) return { what: 'scale', replicas: dice.between(1, 4) }
  if (kind === 7) return { what: 'image', image: dice.pick(IMAGES) ?? '3.9' }
  if (kind === 8) return { what: 'delete', map: dice.pick(MAPS) ?? 'a' }
  return { what: 'pending' }
}

function upgrade(dice: Dice, index: number, broken: boolean): Event {
  return {
    what: 'upgrade',
    version: `1.${index}.0`,
    image: dice.pick(IMAGES) ?? '3.9',
    replicas: dice.between(1, 3),
    env: String(dice.between(0, 3)),
    maps: MAPS.filter(() => dice.chance(0.5)),
    broken,
  }
}

async function happen(helm: HelmLab, name: string, event: Event, how: readonly string[]): Promise<void> {
  if (event.what === 'upgrade') {
    const deployed = helm.deploy(name, chartOf(name, event), how)
    // A broken chart is refused by the API server; helm keeps a failed revision of it.
    return event.broken ? deployed.catch(() => {}) : deployed.catch(unlessConflict)
  }
  if (event.what === 'scale') return helm.lab.patch(name, { spec: { replicas: event.replicas } })
  if (event.what === 'image') return helm.lab.patch(name, podsOf(event.image))
  const { lab } = helm
  if (event.what === 'delete') {
    const path = `/api/v1/namespaces/${lab.namespace}/configmaps/${name}-${event.map}`
    await lab.ask('DELETE', path).catch(() => {})
    return
  }
  const { entries, last } = await helm.release(name)
  if (event.what === 'pending') {
    const change = { metadata: { labels: { status: 'pending-upgrade' } } }
    const path = `/api/v1/namespaces/${lab.namespace}/secrets/${last.key}`
    await lab.ask('PATCH', path, change, 'application/merge-patch+json')
    return
  }
  const revision = entries[event.pick % entries.length]?.revision ?? 1
  await helm.helm(['rollback', name, String(revision), '--history-max', '0']).catch(() => {})
}

/** On the server helm does not take fields that somebody else has set; both twins meet the same refusal. */
function unlessConflict(error: Error): void {
  if (!/conflict|another operation/.test(error.message)) throw error
}

function podsOf(image: string): object {
  const containers = [{ name: 'app', image: `registry.k8s.io/pause:${image}`, env: [] }]
  return { spec: { template: { spec: { containers } } } }
}

function chartOf(name: string, event: Extract<Event, { what: 'upgrade' }>): Chart {
  const { version, image, replicas, env, maps, broken } = event
  const bad = broken ? [configMap('Not_A_Name', {})] : []
  const release = {
    image,
    replicas,
    env: [{ name: 'SETTING', value: env }],
    annotations: { 'example.test/v': version },
  }
  const objects = maps.map((map) => configMap(`${name}-${map}`, { version, map }))
  return { version, objects: [deploymentOf(name, release), ...objects, ...bad] }
}
