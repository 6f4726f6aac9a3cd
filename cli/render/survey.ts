import type { Revision } from '../../model/target.ts'
import type { InitChoices } from './configuration.ts'
import type { Line } from './span.ts'
import { type Cell, tableLines } from './table.ts'

/** What a look round a cluster found. */
export interface Found {
  pin: { server: string; caSha256?: string; clusterUid?: string }
  rights: readonly { verb: string; resource: string; allowed: boolean; purpose: 'plan' | 'apply' | 'evidence' }[]
  workloads: readonly Workload[]
}

interface Workload {
  workload: string
  replicas: number
  owner?: { system: string; name: string }
  revisions: readonly Revision[]
}

const PURPOSES = {
  plan: 'needed to plan',
  apply: 'needed to roll back',
  evidence: 'optional: better warnings and evidence',
} as const

/** Where the kubeconfig leads, what the account may do, and what could be rolled back in the namespace. */
export function surveyLines({ pin, rights, workloads }: Found, { namespace }: Pick<InitChoices, 'namespace'>): Line[] {
  return [
    [
      ['bold', `Cluster ${pin.server}`],
      ['dim', pin.clusterUid ? `  uid ${pin.clusterUid}` : ''],
    ],
    [],
    [['bold', `Rights in namespace ${namespace}`]],
    ...tableLines(['', 'RIGHT', 'FOR'], rights.map(rightRow)),
    [],
    [['bold', `What could be rolled back in ${namespace}`]],
    ...(workloads.length === 0
      ? [[['dim', 'no workload is there, or they may not be listed'] as const]]
      : tableLines(['WORKLOAD', 'REPLICAS', 'OWNER', 'REVISIONS'], workloads.map(workloadRow))),
  ]
}

/** What to type next. The workload is the one with the most to go back to, of those that nothing else owns. */
export function firstCommands({ workloads }: Found, { namespace }: Pick<InitChoices, 'namespace'>): string[] {
  const free = workloads.filter(({ owner }) => !owner)
  const best = free.toSorted((a, b) => b.revisions.length - a.revisions.length)[0]
  const what = `${best?.workload ?? 'deployment/<name>'} -n ${namespace} --to previous`
  return [`unwind plan ${what}`, `unwind start ${what} --reason "…"`]
}

function rightRow({ verb, resource, allowed, purpose }: Found['rights'][number]): Cell[] {
  const look: Cell = allowed ? ['good', '✓'] : purpose === 'evidence' ? ['dim', '-'] : ['bad', '✗']
  return [look, `${verb} ${resource}`, ['dim', allowed ? PURPOSES[purpose] : `missing; ${PURPOSES[purpose]}`]]
}

function workloadRow({ workload, replicas, owner, revisions }: Workload): Cell[] {
  const shown = revisions.slice(0, 3).map(({ id, title, current }) => `${id} ${title}${current ? ' (current)' : ''}`)
  const more = revisions.length > 3 ? `, ${revisions.length - 3} more` : ''
  return [
    workload,
    String(replicas),
    owner ? ['ask', `${owner.system} ${owner.name}`] : '-',
    `${shown.join(', ')}${more}` || '-',
  ]
}
