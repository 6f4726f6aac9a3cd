import { helm, kubernetes, prometheus, rollouts } from './families.ts'
import type { Platform } from './find/platform.ts'

/**
 * Every server and command that the demo and the tests run, with the one version that they are written against.
 * Adding one = one entry here, and a folder with its `go.mod` if the vendor's own module can't be built as it is.
 */
export const catalogue = {
  temporal: {
    version: '1.8.2',
    accepts: 'patch',
    variable: 'UNWIND_TEMPORAL_BIN',
    report: ['--version'],
    go: {
      module: 'temporal',
      package: 'github.com/temporalio/cli/cmd/temporal',
      stamps: ['github.com/temporalio/cli/internal/temporalcli.Version=1.8.2'],
      needs: '1.26.4',
    },
    release: {
      base: 'https://github.com/temporalio/cli/releases/download/v1.8.2',
      baseVariable: 'UNWIND_TEMPORAL_RELEASES',
      asset: ({ os, arch }) => ({
        file: `temporal_cli_1.8.2_${os}_${arch}.tar.gz`,
        checksums: 'checksums.txt',
        member: 'temporal',
      }),
    },
  },
  etcd: {
    version: '3.6.14',
    accepts: 'exact',
    variable: 'UNWIND_ETCD_BIN',
    report: ['--version'],
    go: { module: 'etcd', package: 'go.etcd.io/etcd/server/v3', stamps: [], needs: '1.26.0' },
    release: {
      base: 'https://github.com/etcd-io/etcd/releases/download/v3.6.14',
      baseVariable: 'UNWIND_ETCD_RELEASES',
      // Outside Linux the vendor publishes zip archives, which Node can't open by itself: there it is built.
      asset: ({ os, arch }) =>
        os === 'linux'
          ? {
              file: `etcd-v3.6.14-linux-${arch}.tar.gz`,
              checksums: 'SHA256SUMS',
              member: `etcd-v3.6.14-linux-${arch}/etcd`,
            }
          : undefined,
    },
  },
  'kube-apiserver': kubernetes('kube-apiserver', 'UNWIND_KUBE_APISERVER_BIN', ['linux']),
  'kube-controller-manager': kubernetes('kube-controller-manager', 'UNWIND_KUBE_CONTROLLER_MANAGER_BIN', ['linux']),
  'kube-scheduler': kubernetes('kube-scheduler', 'UNWIND_KUBE_SCHEDULER_BIN', ['linux']),
  kubectl: kubernetes('kubectl', 'UNWIND_KUBECTL_BIN', ['linux', 'darwin'], ['version', '--client']),
  helm: helm('helm', '4.2.4', 'helm.sh/helm/v4', 'UNWIND_HELM_BIN'),
  // The major before, which many clusters are still deployed with: the target has to drive both.
  helm3: helm('helm3', '3.21.4', 'helm.sh/helm/v3', 'UNWIND_HELM3_BIN'),
  kwok: {
    version: '0.8.0',
    accepts: 'exact',
    variable: 'UNWIND_KWOK_BIN',
    report: ['--version'],
    go: {
      module: 'kwok',
      package: 'sigs.k8s.io/kwok/cmd/kwok',
      stamps: ['sigs.k8s.io/kwok/pkg/consts.Version=v0.8.0'],
      needs: '1.26.0',
    },
    // No `release`: the vendor publishes binaries without checksums, and nothing is run that can't be checked.
  },
  moto: {
    version: '5.2.5',
    accepts: 'exact',
    variable: 'UNWIND_MOTO_BIN',
    // It tells no version, so one on PATH can't be judged and is passed over.
    report: ['--help'],
    pypi: { module: 'moto', script: 'moto_server', needs: '3.11' },
  },
  shellcheck: {
    version: '0.11.0',
    accepts: 'patch',
    variable: 'UNWIND_SHELLCHECK_BIN',
    report: ['--version'],
    pypi: { module: 'shellcheck', script: 'shellcheck', needs: '3.8' },
  },
  actionlint: {
    version: '1.7.12',
    accepts: 'patch',
    variable: 'UNWIND_ACTIONLINT_BIN',
    report: ['--version'],
    go: {
      module: 'actionlint',
      package: 'github.com/rhysd/actionlint/cmd/actionlint',
      stamps: ['github.com/rhysd/actionlint.version=1.7.12'],
      needs: '1.25.0',
    },
  },
  prometheus: prometheus('prometheus', 'UNWIND_PROMETHEUS_BIN'),
  promtool: prometheus('promtool', 'UNWIND_PROMTOOL_BIN'),
  // From 0.32.0 on its module can't be built as it is: the web UI that it embeds is not in it.
  alertmanager: {
    version: '0.31.1',
    accepts: 'patch',
    variable: 'UNWIND_ALERTMANAGER_BIN',
    report: ['--version'],
    go: {
      module: 'alertmanager',
      package: 'github.com/prometheus/alertmanager/cmd/alertmanager',
      stamps: ['github.com/prometheus/common/version.Version=0.31.1'],
      needs: '1.25.0',
    },
    release: {
      base: 'https://github.com/prometheus/alertmanager/releases/download/v0.31.1',
      baseVariable: 'UNWIND_ALERTMANAGER_RELEASES',
      asset: ({ os, arch }) => ({
        file: `alertmanager-0.31.1.${os}-${arch}.tar.gz`,
        checksums: 'sha256sums.txt',
        member: `alertmanager-0.31.1.${os}-${arch}/alertmanager`,
      }),
    },
  },
  // The half of volume snapshots that every cluster has, whatever its drivers. The vendor publishes images only.
  'snapshot-controller': {
    version: '8.7.0',
    accepts: 'exact',
    variable: 'UNWIND_SNAPSHOT_CONTROLLER_BIN',
    report: ['--version'],
    go: {
      module: 'snapshot-controller',
      package: 'github.com/kubernetes-csi/external-snapshotter/v8/cmd/snapshot-controller',
      stamps: ['main.version=v8.7.0'],
      needs: '1.26.0',
    },
  },
  // One binary for its command line and all of its servers. Later versions can't be built as modules: see its go.mod.
  argocd: {
    version: '3.2.11',
    accepts: 'exact',
    variable: 'UNWIND_ARGOCD_BIN',
    report: ['version', '--client', '--short'],
    go: {
      module: 'argocd',
      package: 'github.com/argoproj/argo-cd/v3/cmd',
      stamps: ['github.com/argoproj/argo-cd/v3/common.version=3.2.11'],
      needs: '1.26.0',
    },
    release: {
      base: 'https://github.com/argoproj/argo-cd/releases/download/v3.2.11',
      baseVariable: 'UNWIND_ARGOCD_RELEASES',
      asset: ({ os, arch }) => ({ file: `argocd-${os}-${arch}`, checksums: 'cli_checksums.txt' }),
    },
  },
  // The Redis that Argo CD keeps its cache in, as its own tests have it.
  'argocd-cache': {
    version: '2.35.0',
    accepts: 'exact',
    variable: 'UNWIND_ARGOCD_CACHE_BIN',
    report: ['--version'],
    go: { module: 'argocd', package: './cache', stamps: ['main.version=2.35.0'], needs: '1.26.0' },
  },
  'rollouts-controller': rollouts('rollouts-controller', 'UNWIND_ROLLOUTS_CONTROLLER_BIN', ['--version']),
  // kubectl's plugin for Rollouts, which what is written to a Rollout is compared with.
  'kubectl-argo-rollouts': rollouts('kubectl-argo-rollouts', 'UNWIND_KUBECTL_ARGO_ROLLOUTS_BIN', ['version']),
  // The reference implementation of the OCI distribution API.
  registry: {
    version: '3.1.2',
    accepts: 'patch',
    variable: 'UNWIND_REGISTRY_BIN',
    report: ['--version'],
    go: {
      module: 'registry',
      package: 'github.com/distribution/distribution/v3/cmd/registry',
      stamps: ['github.com/distribution/distribution/v3/version.version=v3.1.2'],
      needs: '1.26.0',
    },
    release: {
      base: 'https://github.com/distribution/distribution/releases/download/v3.1.2',
      baseVariable: 'UNWIND_REGISTRY_RELEASES',
      asset: ({ os, arch }) =>
        os === 'linux'
          ? {
              file: `registry_3.1.2_linux_${arch}.tar.gz`,
              checksums: `registry_3.1.2_linux_${arch}.tar.gz.sha256`,
              member: 'registry',
            }
          : undefined,
    },
  },
  // Vault's own server and its KV engine, without the other engines: see its main.go.
  'vault-kv': {
    version: '1.21.0',
    accepts: 'exact',
    variable: 'UNWIND_VAULT_KV_BIN',
    report: ['--version'],
    go: { module: 'vault-kv', package: '.', stamps: ['main.version=1.21.0'], needs: '1.26.0' },
  },
  // Machines need not have an sshd, and one would need a user of its own for each key.
  'git-ssh': {
    version: '0.1.0',
    accepts: 'exact',
    variable: 'UNWIND_GIT_SSH_BIN',
    report: ['--version'],
    go: { module: 'git-ssh', package: '.', stamps: ['main.version=0.1.0'], needs: '1.26.0' },
  },
  // Stands in for jq, which machines that run workflows have.
  gojq: {
    version: '0.12.18',
    accepts: 'patch',
    variable: 'UNWIND_GOJQ_BIN',
    report: ['--version'],
    go: { module: 'gojq', package: 'github.com/itchyny/gojq/cmd/gojq', stamps: [], needs: '1.24.0' },
  },
} satisfies Record<string, Tool>

/** The name of a server or command that `findBinary` can find. */
export type ToolName = keyof typeof catalogue

/** What is known about one server or command: its version, and each way to come by it. */
export interface Tool {
  version: string
  /** Which versions on PATH will do: this one alone (`exact`), or any patch release of the same minor (`patch`). */
  accepts: 'exact' | 'patch'
  /** The environment variable that names a binary to use whatever its version. */
  variable: string
  /** Arguments that make it print its version. */
  report: readonly string[]
  /** How to build it: the folder of `tools/` with its `go.mod`, what to build, what to stamp in, the oldest Go. */
  go?: { module: string; package: string; stamps: readonly string[]; needs: string }
  /** How to install it: the folder of `tools/` with its `requirements.txt`, the script that it brings, the oldest Python. */
  pypi?: { module: string; script: string; needs: string }
  release?: Release
}

/** Where the vendor publishes binaries with checksums; `asset` is undefined for a platform that has none. */
interface Release {
  base: string
  /** The environment variable that names another place with the same files: a mirror, or a test. */
  baseVariable: string
  asset: (platform: Platform) => Asset | undefined
}

/** A published file, the file that holds its SHA-256, and the member to take out if the file is an archive. */
export interface Asset {
  file: string
  checksums: string
  member?: string
}
