import { z } from 'zod'
import type { StepKind } from '../model/step.ts'
import { HelmStep, helmKind } from './targets/helm/schema.ts'
import { KubernetesStep, kubernetesKind } from './targets/kubernetes/schema.ts'
import { KubernetesReleaseStep, kubernetesReleaseKind } from './targets/kubernetes/release/schema.ts'
import { ArgoRolloutsStep, argoRolloutsKind } from './targets/kubernetes/rollouts/schema.ts'
import { KubernetesScaleStep, kubernetesScaleKind } from './targets/kubernetes-scale/schema.ts'
import { KubernetesConfigStep, kubernetesConfigKind } from './targets/kubernetes-config/schema.ts'
import { PostgresBackupStep, postgresBackupKind } from './targets/postgres-backup/schema.ts'
import { RdsCleanupStep, rdsCleanupKind } from './targets/rds-cleanup/schema.ts'
import { RdsOpenStep, rdsOpenKind } from './targets/rds-open/schema.ts'
import { RdsPromoteStep, rdsPromoteKind } from './targets/rds-promote/schema.ts'
import { RdsRestoreStep, rdsRestoreKind } from './targets/rds-restore/schema.ts'
import { RdsSnapshotStep, rdsSnapshotKind } from './targets/rds-snapshot/schema.ts'
import { MigrationsStep, migrationsKind } from './targets/migrations/schema.ts'
import { PostgresFenceStep, postgresFenceKind } from './targets/postgres-fence/schema.ts'
import { VolumeRestoreStep, volumeRestoreKind } from './targets/volume-restore/schema.ts'
import { VolumeSnapshotStep, volumeSnapshotKind } from './targets/volume-snapshot/schema.ts'
import { SsmParameterStep, ssmParameterKind } from './targets/ssm-parameter/schema.ts'
import { VaultKvStep, vaultKvKind } from './targets/vault-kv/schema.ts'
import { LaunchDarklyStep, launchDarklyKind } from './targets/launchdarkly/schema.ts'
import { ArgoCdStep, argoCdKind } from './targets/argo-cd/schema.ts'
import { GitRevertStep, gitRevertKind } from './targets/git-revert/schema.ts'
import { GitHubActionsStep, gitHubActionsKind } from './targets/github-actions/schema.ts'
import { UnleashStep, unleashKind } from './targets/unleash/schema.ts'

/** Every kind of step, without the code that acts: zod only, so that the API and the CLI can load it. */
export const kinds: Readonly<Record<string, StepKind>> = {
  kubernetes: kubernetesKind as unknown as StepKind,
  'kubernetes-release': kubernetesReleaseKind as unknown as StepKind,
  'kubernetes-scale': kubernetesScaleKind as unknown as StepKind,
  'kubernetes-config': kubernetesConfigKind as unknown as StepKind,
  'argo-rollouts': argoRolloutsKind as unknown as StepKind,
  helm: helmKind as unknown as StepKind,
  'postgres-backup': postgresBackupKind as unknown as StepKind,
  migrations: migrationsKind as unknown as StepKind,
  'postgres-fence': postgresFenceKind as unknown as StepKind,
  'rds-snapshot': rdsSnapshotKind as unknown as StepKind,
  'rds-restore': rdsRestoreKind as unknown as StepKind,
  'rds-promote': rdsPromoteKind as unknown as StepKind,
  'rds-open': rdsOpenKind as unknown as StepKind,
  'rds-cleanup': rdsCleanupKind as unknown as StepKind,
  'volume-snapshot': volumeSnapshotKind as unknown as StepKind,
  'volume-restore': volumeRestoreKind as unknown as StepKind,
  'ssm-parameter': ssmParameterKind as unknown as StepKind,
  'vault-kv': vaultKvKind as unknown as StepKind,
  launchdarkly: launchDarklyKind as unknown as StepKind,
  'git-revert': gitRevertKind as unknown as StepKind,
  'github-actions': gitHubActionsKind as unknown as StepKind,
  'argo-cd': argoCdKind as unknown as StepKind,
  unleash: unleashKind as unknown as StepKind,
}

/** Any step, as a request or a runbook writes it. */
export const Step = z
  .discriminatedUnion('kind', [
    KubernetesStep,
    KubernetesReleaseStep,
    KubernetesScaleStep,
    KubernetesConfigStep,
    ArgoRolloutsStep,
    HelmStep,
    MigrationsStep,
    PostgresBackupStep,
    PostgresFenceStep,
    RdsSnapshotStep,
    RdsRestoreStep,
    RdsPromoteStep,
    RdsOpenStep,
    RdsCleanupStep,
    VolumeSnapshotStep,
    VolumeRestoreStep,
    SsmParameterStep,
    VaultKvStep,
    LaunchDarklyStep,
    GitRevertStep,
    GitHubActionsStep,
    ArgoCdStep,
    UnleashStep,
  ])
  .meta({ id: 'Step' })
export type Step = z.infer<typeof Step>
