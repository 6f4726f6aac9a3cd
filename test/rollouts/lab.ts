import type { ReplicaSet } from '../../activities/targets/kubernetes/replicasets.ts'
import { argoRollouts } from '../../activities/targets/kubernetes/rollouts/index.ts'
import type { Rollout } from '../../activities/targets/kubernetes/rollouts/rollout.ts'
import type { CallContext, Plan, Target } from '../../model/target.ts'
import type { Behaviour } from '../../tools/kubernetes/shop.ts'
import { applied, contextFor, errorOf, planOf, verified } from '../support/conformance-drive.ts'
import { until } from '../support/until.ts'
import type { Lab } from '../targets/kubernetes-lab.ts'
import { IMAGE } from '../targets/kubernetes-manifests.ts'

export const target = argoRollouts as unknown as Target

/** One release of a Rollout: what differs between one and the next, and how it is updated. */
export interface RolloutRelease {
  /** The image's tag. */
  image: string
  replicas?: number
  behaviour?: Behaviour
  env?: object[]
  /** Set on the Rollout. */
  annotations?: Record<string, string>
  podAnnotations?: Record<string, string>
  strategy?: object
  spec?: object
}

/** A step of 50 % and no pause. */
export const CANARY = { canary: { maxSurge: 1, maxUnavailable: 0, steps: [{ setWeight: 50 }] } }
/** Stands at its second step until somebody promotes it. */
export const PAUSING = { canary: { maxSurge: 1, maxUnavailable: 0, steps: [{ setWeight: 50 }, { pause: {} }] } }

/** Two Services and how they are switched. */
export function blueGreen(name: string, more: object = {}): object {
  return { blueGreen: { activeService: name, previewService: `${name}-preview`, ...more } }
}

/** A Rollout as people write it that copy what `kubectl get -o yaml` shows: with all defaults of a pod template. */
export function rolloutOf(name: string, release: RolloutRelease): object {
  const { image, replicas = 2, annotations, strategy = CANARY, spec } = release
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name, ...(annotations && { annotations }) },
    spec: {
      ...{ replicas, selector: { matchLabels: { app: name } }, strategy },
      ...(image !== '' && { template: templateOf(name, release) }),
      ...spec,
    },
  }
}

/** Its pod template, with every field that the API server would fill in. */
export function templateOf(name: string, { image, behaviour, env, podAnnotations }: RolloutRelease): object {
  const simulate = behaviour ? { 'unwind.dev/simulate': behaviour } : {}
  return {
    metadata: { labels: { app: name, ...simulate }, ...(podAnnotations && { annotations: podAnnotations }) },
    spec: {
      ...{
        dnsPolicy: 'ClusterFirst',
        restartPolicy: 'Always',
        schedulerName: 'default-scheduler',
        securityContext: {},
      },
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          ...{ name: 'app', image: `${IMAGE}:${image}`, imagePullPolicy: 'IfNotPresent', resources: {} },
          ...{ terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File' },
          ...(env && { env }),
        },
      ],
    },
  }
}

/** Hands to work with Rollouts of a lab. */
export interface RolloutLab {
  lab: Lab
  apply: (name: string, release: RolloutRelease) => Promise<void>
  /** Applies a release and waits until its phase is one of these. Default: Healthy. */
  deploy: (name: string, release: RolloutRelease, phases?: readonly string[]) => Promise<Rollout>
  services: (name: string) => Promise<void>
  rollout: (name: string) => Promise<Rollout>
  patch: (name: string, change: object) => Promise<void>
  /** Waits until it is so. */
  sees: (name: string, enough: (rollout: Rollout) => boolean) => Promise<Rollout>
  /** Oldest revision first. */
  replicaSets: (name: string) => Promise<ReplicaSet[]>
  verbs: (name: string, fields?: object, connection?: unknown) => Verbs
}

export interface Verbs {
  step: Record<string, unknown>
  plan: (more?: Partial<CallContext>) => Promise<Plan>
  planError: () => ReturnType<typeof errorOf>
  apply: (plan: Pick<Plan, 'from' | 'to'>) => ReturnType<typeof applied>
  applyOnce: (plan: Pick<Plan, 'from' | 'to'>) => ReturnType<Target['apply']>
  verify: (state: Plan['to']) => ReturnType<typeof verified>
  verifyOnce: (state: Plan['to']) => ReturnType<Target['verify']>
  history: () => ReturnType<Target['history']>
}

export function rolloutLab(lab: Lab): RolloutLab {
  const at = (name: string) => `/apis/argoproj.io/v1alpha1/namespaces/${lab.namespace}/rollouts/${name}`
  const rollout = (name: string) => lab.ask<Rollout>('GET', at(name))
  const apply = (name: string, release: RolloutRelease) => lab.apply(rolloutOf(name, release))
  const patch = async (name: string, change: object) => {
    await lab.ask('PATCH', at(name), change, 'application/merge-patch+json')
  }
  const sees = (name: string, enough: (seen: Rollout) => boolean) =>
    until(
      () => rollout(name),
      enough,
      (seen) => `not so: ${JSON.stringify(seen?.status)}`,
      60_000,
    )
  return {
    ...{ lab, apply, rollout, sees, patch },
    deploy: async (name, release, phases = ['Healthy']) => {
      await apply(name, release)
      let touched = Date.now()
      const look = async () => {
        const seen = await rollout(name)
        const { metadata, status } = seen
        const observed = status?.observedGeneration === String(metadata.generation)
        // The controller overlooks what is written while it writes itself, until something touches the Rollout.
        if (!observed && Date.now() - touched > 3_000) {
          touched = Date.now()
          await patch(name, { metadata: { annotations: { touched: String(touched) } } })
        }
        return observed && phases.includes(status?.phase ?? '') ? seen : undefined
      }
      return (await until(
        look,
        (seen) => seen !== undefined,
        () => `${name} is in none of ${phases.join()}`,
        60_000,
      )) as Rollout
    },
    services: async (name) => {
      const service = (called: string) => ({
        ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: called } },
        spec: { selector: { app: name }, ports: [{ port: 80 }] },
      })
      await lab.apply(service(name), service(`${name}-preview`))
    },
    replicaSets: async (name) => {
      const { uid } = (await rollout(name)).metadata
      const path = `/apis/apps/v1/namespaces/${lab.namespace}/replicasets`
      const { items } = await lab.ask<{ items: ReplicaSet[] }>('GET', path)
      const own = items.filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid))
      return own.toSorted((a, b) => numberOf(a) - numberOf(b))
    },
    verbs: (name, fields = {}, connection = lab.connection) => verbsOf(lab, name, fields, connection),
  }
}

function verbsOf(lab: Lab, name: string, fields: object, connection: unknown): Verbs {
  const step = { kind: 'argo-rollouts', rollout: name, namespace: lab.namespace, soak: '0s', ...fields }
  const context = contextFor(connection)
  const parsed = () => target.schema.parse(step) as never
  return {
    step,
    plan: (more = {}) => planOf(target, step, { ...context, ...more }),
    planError: () => errorOf(() => planOf(target, step, context)),
    apply: (plan) => applied(target, step, plan, context),
    applyOnce: async (plan) => target.apply(parsed(), plan, context),
    verify: (state) => verified(target, step, state, context),
    verifyOnce: async (state) => target.verify(parsed(), state, context),
    history: async () => target.history(parsed(), context),
  }
}

export function numberOf({ metadata }: Pick<ReplicaSet, 'metadata'>): number {
  return Number(metadata.annotations?.['rollout.argoproj.io/revision'] ?? 0)
}
