import { UnwindError } from '../../model/errors.ts'
import type { Place } from './objects.ts'

/** The kinds of workloads that steps name, as Kubernetes writes them. */
export type WorkloadKind = (typeof KINDS)[keyof typeof KINDS]['kind']

/** A workload's place, and how the API calls its kind. */
export interface Spot<Kind extends WorkloadKind = WorkloadKind> extends Place {
  kind: Kind
  /** As a step writes it, in the singular: deployment/checkout. */
  workload: string
  resource: string
  path: string
  /** The manifest that grants the rights to it, where it is not that of all kinds. */
  rights?: string
}

const KINDS = {
  deployment: { kind: 'Deployment', api: 'apps', version: 'v1', plural: 'deployments' },
  statefulset: { kind: 'StatefulSet', api: 'apps', version: 'v1', plural: 'statefulsets' },
  daemonset: { kind: 'DaemonSet', api: 'apps', version: 'v1', plural: 'daemonsets' },
  cronjob: { kind: 'CronJob', api: 'batch', version: 'v1', plural: 'cronjobs' },
  job: { kind: 'Job', api: 'batch', version: 'v1', plural: 'jobs' },
  rollout: { kind: 'Rollout', api: 'argoproj.io', version: 'v1alpha1', plural: 'rollouts' },
} as const

/**
 * The workload that a step names; its schema has let only kinds through that it knows. Throws INVALID_REQUEST when
 * neither step nor environment gives a namespace.
 */
export function spotOf<Kind extends WorkloadKind>(step: {
  workload: string
  namespace?: string | undefined
}): Spot<Kind> {
  const { workload, namespace } = step
  const [word = '', name = ''] = workload.split('/')
  const singular = word.replace(/s$/, '') as keyof typeof KINDS
  const { kind, api, version, plural } = KINDS[singular]
  if (!namespace)
    throw new UnwindError(
      'INVALID_REQUEST',
      `${workload} has no namespace; set one in the step or as the default of the environment`,
    )
  const path = `/apis/${api}/${version}/namespaces/${encodeURIComponent(namespace)}/${plural}/${encodeURIComponent(name)}`
  return {
    ...{ namespace, name, kind: kind as Kind, path },
    ...{ workload: `${singular}/${name}`, resource: `${plural}.${api}` },
  }
}
