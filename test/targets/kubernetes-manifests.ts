import type { Behaviour } from '../../tools/kubernetes/shop.ts'

/** The kinds of workloads that keep their earlier templates, as steps write them. */
export type Kind = 'deployment' | 'statefulset' | 'daemonset'

/** One release of the example workload: what differs between one and the next. */
export interface Release {
  /** The image's tag, or with a slash in it the whole reference. */
  image: string
  replicas?: number
  behaviour?: Behaviour
  env?: object[]
  /** Set on the workload. */
  annotations?: Record<string, string>
  labels?: Record<string, string>
  /** Set on the pod template. */
  podAnnotations?: Record<string, string>
  container?: object
  pod?: object
  spec?: object
}

/** Small, in every registry, and does nothing: on a real cluster its tags can be pulled. */
export const IMAGE = 'registry.k8s.io/pause'

/** A Deployment named so, at this release. */
export function deploymentOf(name: string, release: Release): object {
  return workloadOf('deployment', name, release)
}

/** A workload of this kind, named so, at this release. */
export function workloadOf(kind: Kind, name: string, release: Release): object {
  const { image, behaviour, env, annotations, labels, podAnnotations, container, pod, spec } = release
  const app = { app: name }
  const simulate = behaviour ? { 'unwind.dev/simulate': behaviour } : {}
  const main = {
    name: 'app',
    image: image.includes('/') ? image : `${IMAGE}:${image}`,
    ...(env && { env }),
    ...container,
  }
  return {
    apiVersion: 'apps/v1',
    kind: KINDS[kind],
    metadata: { name, labels: { ...app, ...labels }, ...(annotations && { annotations }) },
    spec: {
      ...(kind !== 'daemonset' && { replicas: release.replicas ?? 2 }),
      selector: { matchLabels: app },
      ...strategyOf(kind, name),
      ...spec,
      template: {
        metadata: { labels: { ...app, ...simulate }, ...(podAnnotations && { annotations: podAnnotations }) },
        spec: { terminationGracePeriodSeconds: 0, containers: [main], ...pod },
      },
    },
  }
}

const KINDS = { deployment: 'Deployment', statefulset: 'StatefulSet', daemonset: 'DaemonSet' } as const

function strategyOf(kind: Kind, serviceName: string): object {
  if (kind === 'statefulset') return { serviceName }
  if (kind === 'daemonset') return { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 2 } } }
  return { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } } }
}
