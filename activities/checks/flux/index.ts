import type { Connection } from '../../../model/configuration.ts'
import { defineCheck } from '../../../model/measurement.ts'
import type { Verdict } from '../../../model/target.ts'
import type { Metadata } from '../../kubernetes/objects.ts'
import { openCluster } from '../cluster.ts'
import { commitsLeft, isOneOf } from '../commits.ts'
import { plain } from '../query/given.ts'
import { FluxMeasurement } from './schema.ts'

/** The parts of a Kustomization of Flux that are read. https://fluxcd.io/flux/components/kustomize/kustomizations */
interface Kustomization {
  metadata: Metadata
  spec?: { suspend?: boolean }
  status?: {
    observedGeneration?: number
    lastAppliedRevision?: string
    conditions?: { type: string; status: string; reason?: string; message?: string }[]
  }
}

/** Measures by one look at the Kustomization and one at the branch. What Flux has not applied yet fails this look; a later one may pass. */
export const flux = defineCheck<typeof FluxMeasurement, Connection>({
  schema: FluxMeasurement,
  measure: async (measurement, { connection, verify, signal }) => {
    const { flux: which, namespace, of } = measurement
    const cluster = await openCluster(measurement, connection)
    const name = which.slice('kustomization/'.length)
    const path = `/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/${encodeURIComponent(namespace)}/kustomizations/${encodeURIComponent(name)}`
    const resource = 'kustomizations.kustomize.toolkit.fluxcd.io'
    const rights = 'docs/rbac/flux.yaml'
    const request = { method: 'GET', path, signal } as const
    const [answer, commits] = await Promise.all([
      cluster.demand(request, { verb: 'get', resource, namespace, name, rights }),
      commitsLeft(of, verify),
    ])
    return Array.isArray(commits) ? judged(answer.body as Kustomization, commits, which) : commits
  },
})

function judged({ metadata, spec, status = {} }: Kustomization, commits: readonly string[], which: string): Verdict {
  const { lastAppliedRevision = '', observedGeneration, conditions = [] } = status
  const ready = conditions.find(({ type }) => type === 'Ready')
  const revision = plain(lastAppliedRevision).slice(0, 120)
  const facts = { revision, ready: ready?.status ?? 'Unknown' }
  const found = (good: boolean, what: string): Verdict => ({
    ...{ status: good ? 'pass' : 'fail', evidence: { summary: `${which} ${what}`, facts } },
  })
  if (spec?.suspend) return found(false, 'is suspended: Flux applies nothing; flux resume lets it')
  // `main@sha1:<commit>`, and `main/<commit>` before Flux 0.35.
  const commit = /(?:@sha\d+:|\/)([0-9a-f]{40,64})$/.exec(revision)?.[1]
  const because =
    ready && ready.status !== 'True' ? ` (${plain(ready.message ?? ready.reason ?? '').slice(0, 150)})` : ''
  if (!commit || !isOneOf(commit, commits))
    return found(false, `runs ${revision || 'nothing'}, which does not have the change yet${because}`)
  if (ready?.status !== 'True' || observedGeneration !== metadata.generation)
    return found(false, `has applied ${revision} and is not ready with it${because}`)
  return found(true, `runs ${revision}`)
}
