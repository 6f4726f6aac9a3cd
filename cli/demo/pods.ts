import type { V1Pod } from '@kubernetes/client-node'
import type { Line } from '../render/span.ts'
import { age, tableLines } from '../render/table.ts'

/** Whether a pod takes traffic. */
export function isReady({ status }: V1Pod): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true
}

/** Whether a container of a pod ends again and again. */
export function isCrashing(pod: V1Pod): boolean {
  return stateOf(pod).startsWith('CrashLoop')
}

/** Pods as `kubectl get pods` shows them, with their release. */
export function podLines(pods: readonly V1Pod[], now: number): Line[] {
  const rows = pods.map((pod) => {
    const { metadata, status } = pod
    const release = metadata?.labels?.['app.kubernetes.io/version'] ?? ''
    const restarts = (status?.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0)
    const state = stateOf(pod)
    const since = age(now - (metadata?.creationTimestamp?.getTime() ?? now))
    const look = /Crash|Error/.test(state) ? 'bad' : 'plain'
    return [
      metadata?.name ?? '',
      release,
      isReady(pod) ? '1/1' : '0/1',
      [look, state] as const,
      String(restarts),
      since,
    ]
  })
  return tableLines(['NAME', 'RELEASE', 'READY', 'STATUS', 'RESTARTS', 'AGE'], rows)
}

function stateOf({ status, metadata }: V1Pod): string {
  if (metadata?.deletionTimestamp) return 'Terminating'
  const states = (status?.containerStatuses ?? []).map(
    ({ state }) => state?.waiting?.reason ?? state?.terminated?.reason,
  )
  return states.find(Boolean) ?? status?.phase ?? 'Unknown'
}
