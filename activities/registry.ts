import type { Target } from '../model/target.ts'

/** Every target, by kind. Loaded on first use, so that a worker pays only for the systems that it touches. */
export const targets: Readonly<Record<string, () => Promise<Target>>> = {
  kubernetes: async () => erase((await import('./targets/kubernetes/index.ts')).kubernetes),
  helm: async () => erase((await import('./targets/helm/index.ts')).helm),
  'postgres-backup': async () => erase((await import('./targets/postgres-backup/index.ts')).postgresBackup),
  migrations: async () => erase((await import('./targets/migrations/index.ts')).migrations),
  'postgres-fence': async () => erase((await import('./targets/postgres-fence/index.ts')).postgresFence),
  'kubernetes-release': async () => erase((await import('./targets/kubernetes/release/index.ts')).kubernetesRelease),
  'kubernetes-scale': async () => erase((await import('./targets/kubernetes-scale/index.ts')).kubernetesScale),
  'argo-rollouts': async () => erase((await import('./targets/kubernetes/rollouts/index.ts')).argoRollouts),
  'rds-snapshot': async () => erase((await import('./targets/rds-snapshot/index.ts')).rdsSnapshot),
  'rds-restore': async () => erase((await import('./targets/rds-restore/index.ts')).rdsRestore),
  'rds-promote': async () => erase((await import('./targets/rds-promote/index.ts')).rdsPromote),
  'rds-open': async () => erase((await import('./targets/rds-open/index.ts')).rdsOpen),
  'rds-cleanup': async () => erase((await import('./targets/rds-cleanup/index.ts')).rdsCleanup),
  'volume-snapshot': async () => erase((await import('./targets/volume-snapshot/index.ts')).volumeSnapshot),
  'volume-restore': async () => erase((await import('./targets/volume-restore/index.ts')).volumeRestore),
  'kubernetes-config': async () => erase((await import('./targets/kubernetes-config/index.ts')).kubernetesConfig),
  'ssm-parameter': async () => erase((await import('./targets/ssm-parameter/index.ts')).ssmParameter),
  'vault-kv': async () => erase((await import('./targets/vault-kv/index.ts')).vaultKv),
  launchdarkly: async () => erase((await import('./targets/launchdarkly/index.ts')).launchdarkly),
  'git-revert': async () => erase((await import('./targets/git-revert/index.ts')).gitRevert),
  'github-actions': async () => erase((await import('./targets/github-actions/index.ts')).gitHubActions),
  'argo-cd': async () => erase((await import('./targets/argo-cd/index.ts')).argoCd),
  unleash: async () => erase((await import('./targets/unleash/index.ts')).unleash),
}

/** Loads the targets of these kinds ahead of the first rollback, which should not pay for it. Kinds without one are passed over. */
export async function preload(kinds: Iterable<string>): Promise<void> {
  await Promise.all([...new Set(kinds)].flatMap((kind) => targets[kind]?.() ?? []))
}

/** The one place where a target's own types are dropped; its schema has read the step before it is called. */
function erase(target: unknown): Target {
  return target as Target
}
