import type { Check } from '../../model/measurement.ts'

/** Every check, by kind. Loaded on first use, so that a worker pays only for what it measures. */
export const checks: Readonly<Record<string, () => Promise<Check>>> = {
  http: async () => erase((await import('./http/index.ts')).http),
  prometheus: async () => erase((await import('./prometheus/index.ts')).prometheus),
  grafana: async () => erase((await import('./grafana/index.ts')).grafana),
  openfeature: async () => erase((await import('./openfeature/index.ts')).openFeature),
  'argo-analysis': async () => erase((await import('./argo-analysis/index.ts')).argoAnalysis),
  'argo-cd': async () => erase((await import('./argo-cd/index.ts')).argoCdCheck),
  flux: async () => erase((await import('./flux/index.ts')).flux),
  postgres: async () => erase((await import('./postgres/index.ts')).postgres),
  aborted: async () => erase((await import('./aborted/index.ts')).aborted),
  crashing: async () => erase((await import('./crashing/index.ts')).crashing),
  pods: async () => erase((await import('./pods/index.ts')).pods),
}

/** The one place where a check's own types are dropped; its schema has read the measurement before it is called. */
function erase(check: unknown): Check {
  return check as Check
}
