import { until } from '../../support/until.ts'
import type { Lab } from '../../targets/kubernetes-lab.ts'
import { type Kind, type Release, workloadOf } from '../../targets/kubernetes-manifests.ts'

/** A release that is broken. `make` brings a workload of this name there, from a good one; what it answers ends it. */
export interface Broken {
  name: string
  kind?: Kind
  make(lab: Lab, name: string): Promise<void | (() => Promise<void>)>
  /** How often one is asked to roll it back; once unless given. */
  asked?: 'again' | 'twice at once'
  /** Whether there is a way back at all. Where there is none the right answer is no. */
  lost?: true
}

/** The release that every workload was healthy at. */
export const GOOD: Release = { image: '3.9' }

const bad = (behaviour: NonNullable<Release['behaviour']>, more: Partial<Release> = {}): Release => ({
  ...{ image: '3.10', behaviour },
  ...more,
})

/** Good, then these one after the other, none of which is waited for. */
const then =
  (...releases: Release[]) =>
  async (lab: Lab, name: string): Promise<void> => {
    await lab.deploy(name, GOOD)
    for (const release of releases) await lab.deploy(name, release, 'observed')
  }

/** Both with the same more. */
const both =
  (more: Partial<Release>, behaviour: NonNullable<Release['behaviour']> = 'crash-loop') =>
  async (lab: Lab, name: string): Promise<void> => {
    await lab.deploy(name, { ...GOOD, ...more })
    await lab.deploy(name, bad(behaviour, more), 'observed')
  }

/** Twenty broken releases. */
export const RELEASES: readonly Broken[] = [
  { name: 'its image can’t be pulled', make: then(bad('image-pull-error')) },
  { name: 'its pods crash', make: then(bad('crash-loop')) },
  { name: 'its pods never become ready', make: then(bad('never-ready')) },
  { name: 'its pods become ready and fail then', make: then(bad('ready-then-failing')) },
  { name: 'Recreate: no pod of the old one is left', make: both({ spec: { strategy: { type: 'Recreate' } } }) },
  { name: 'the good one starts slowly', make: slow },
  { name: 'two bad ones in a row', make: then(bad('crash-loop'), bad('image-pull-error', { image: '3.11' })) },
  {
    name: 'three bad ones in a row',
    make: then(bad('crash-loop'), bad('image-pull-error', { image: '3.11' }), bad('never-ready', { image: '3.12' })),
  },
  { name: 'asked for twice, one after the other', make: then(bad('crash-loop')), asked: 'again' },
  { name: 'asked for twice, at the same moment', make: then(bad('crash-loop')), asked: 'twice at once' },
  { name: 'paused', make: paused },
  { name: 'its progress deadline has passed', make: expired },
  { name: 'its pods have no label app', make: relabelled },
  { name: 'a StatefulSet whose pod holds it up', kind: 'statefulset', make: heldUp },
  { name: 'a DaemonSet', kind: 'daemonset', make: then(bad('crash-loop')) },
  { name: 'scaled to zero', make: emptied, lost: true },
  { name: 'no history is kept', make: forgotten, lost: true },
  { name: 'deleted and made anew', make: anew, lost: true },
  { name: 'GitOps puts it back', make: reconciled, lost: true },
  { name: 'a quota leaves no room for a new pod', make: full, lost: true },
]

async function slow(lab: Lab, name: string): Promise<void> {
  await lab.deploy(name, { ...GOOD, behaviour: 'slow' })
  await lab.deploy(name, bad('crash-loop', { spec: { strategy: { type: 'Recreate' } } }), 'observed')
}

async function paused(lab: Lab, name: string): Promise<void> {
  await then(bad('crash-loop'))(lab, name)
  await lab.patch(name, { spec: { paused: true } })
}

async function expired(lab: Lab, name: string): Promise<void> {
  await both({ spec: { progressDeadlineSeconds: 2 } })(lab, name)
  await until(
    () => lab.workload(name),
    ({ status }) => JSON.stringify(status).includes('ProgressDeadlineExceeded'),
    () => 'the deadline does not pass',
    60_000,
  )
}

/** As charts label them: app.kubernetes.io/name. */
async function relabelled(lab: Lab, name: string): Promise<void> {
  for (const release of [GOOD, bad('crash-loop')]) {
    const text = JSON.stringify(workloadOf('deployment', name, release))
    await lab.apply(JSON.parse(text.replaceAll('"app":', '"app.kubernetes.io/name":')) as object)
    await until(
      () => lab.workload(name),
      ({ status, spec }) => release !== GOOD || status?.availableReplicas === spec.replicas,
      () => 'it is not rolled out',
      60_000,
    )
  }
}

async function heldUp(lab: Lab, name: string): Promise<void> {
  await then(bad('crash-loop'))(lab, name)
  await until(
    () => lab.pods(name),
    (pods) => JSON.stringify(pods).includes('CrashLoopBackOff'),
    () => 'no pod fails',
    60_000,
  )
}

async function emptied(lab: Lab, name: string): Promise<void> {
  await then(bad('crash-loop'))(lab, name)
  await lab.patch(name, { spec: { replicas: 0 } })
}

async function anew(lab: Lab, name: string): Promise<void> {
  await lab.deploy(name, GOOD)
  await lab.ask('DELETE', `/apis/apps/v1/namespaces/${lab.namespace}/deployments/${name}`)
  const gone = () =>
    lab.workload(name).then(
      () => false,
      () => true,
    )
  await until(gone, Boolean, () => 'it is still there', 60_000)
  await lab.deploy(name, bad('crash-loop'), 'observed')
}

/** What Argo CD does with self-heal: it puts back what Git says, within a second. */
async function reconciled(lab: Lab, name: string): Promise<() => Promise<void>> {
  const annotations = { 'argocd.argoproj.io/tracking-id': `${name}:apps/Deployment:${lab.namespace}/${name}` }
  await both({ annotations })(lab, name)
  const wanted = (await lab.workload(name)).spec.template
  let healing = Promise.resolve()
  const heal = async () => {
    const { spec } = await lab.workload(name)
    if (JSON.stringify(spec.template) !== JSON.stringify(wanted))
      await lab.patch(name, { spec: { template: { metadata: wanted.metadata, spec: wanted.spec } } })
  }
  const timer = setInterval(() => {
    healing = healing.then(heal).catch(() => {})
  }, 1_000)
  return async () => {
    clearInterval(timer)
    await healing
  }
}

/** The bad one was rolled out in full before it failed, and the good one went with its last pod. */
async function forgotten(lab: Lab, name: string): Promise<void> {
  const spec = { revisionHistoryLimit: 0 }
  await lab.deploy(name, { ...GOOD, spec })
  await lab.deploy(name, bad('ready-then-failing', { spec }), 'observed')
  await until(
    () => lab.replicaSets(name),
    (kept) => kept.length === 1,
    () => 'the history is kept',
    60_000,
  )
}

/** The bad one runs in full, and nothing may be beside it. */
async function full(lab: Lab, name: string): Promise<() => Promise<void>> {
  const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }
  await lab.deploy(name, { ...GOOD, spec: { strategy } })
  await lab.deploy(name, { image: '3.10', spec: { strategy } })
  const path = `/api/v1/namespaces/${lab.namespace}/resourcequotas/${name}`
  await lab.apply({
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name },
    spec: { hard: { pods: '1' } },
  })
  await until(
    () => lab.ask<{ status?: { used?: object } }>('GET', path),
    ({ status }) => status?.used !== undefined,
    () => 'the quota is not counted',
    60_000,
  )
  return async () => {
    await lab.ask('DELETE', path)
  }
}
