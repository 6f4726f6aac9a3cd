import type { Tool } from './catalogue.ts'

/** One component of Kubernetes; `systems` are those that the vendor publishes it for. */
export function kubernetes(name: string, variable: string, systems: string[], report = ['--version']): Tool {
  const stamp = 'k8s.io/component-base/version'
  return {
    version: '1.36.1',
    accepts: 'exact',
    variable,
    report,
    go: {
      module: 'kubernetes',
      package: `k8s.io/kubernetes/cmd/${name}`,
      stamps: [
        `${stamp}.gitVersion=v1.36.1`,
        `${stamp}.gitMajor=1`,
        `${stamp}.gitMinor=36`,
        `${stamp}.gitTreeState=clean`,
      ],
      needs: '1.26.0',
    },
    release: {
      base: 'https://dl.k8s.io/release/v1.36.1/bin',
      baseVariable: 'UNWIND_KUBERNETES_RELEASES',
      asset: ({ os, arch }) =>
        systems.includes(os) ? { file: `${os}/${arch}/${name}`, checksums: `${os}/${arch}/${name}.sha256` } : undefined,
    },
  }
}

/** One major of Helm; each has a folder of its own, because their modules need other versions of the same libraries. */
export function helm(folder: string, version: string, path: string, variable: string): Tool {
  return {
    version,
    accepts: 'patch',
    variable,
    report: ['version', '--template', '{{.Version}}'],
    go: {
      module: folder,
      package: `${path}/cmd/helm`,
      stamps: [`${path}/internal/version.version=v${version}`],
      needs: '1.26.0',
    },
    release: {
      base: 'https://get.helm.sh',
      baseVariable: 'UNWIND_HELM_RELEASES',
      asset: ({ os, arch }) => {
        const file = `helm-v${version}-${os}-${arch}.tar.gz`
        return { file, checksums: `${file}.sha256sum`, member: `${os}-${arch}/helm` }
      },
    },
  }
}

/** The module of Prometheus 3.14.0 is called v0.314.0; what is built of it is without pages, its API is whole. */
export function prometheus(name: string, variable: string): Tool {
  return {
    version: '3.14.0',
    accepts: 'patch',
    variable,
    report: ['--version'],
    go: {
      module: 'prometheus',
      package: `github.com/prometheus/prometheus/cmd/${name}`,
      stamps: ['github.com/prometheus/common/version.Version=3.14.0'],
      needs: '1.26.0',
    },
    release: {
      base: 'https://github.com/prometheus/prometheus/releases/download/v3.14.0',
      baseVariable: 'UNWIND_PROMETHEUS_RELEASES',
      asset: ({ os, arch }) => ({
        file: `prometheus-3.14.0.${os}-${arch}.tar.gz`,
        checksums: 'sha256sums.txt',
        member: `prometheus-3.14.0.${os}-${arch}/${name}`,
      }),
    },
  }
}

/** A command of Argo Rollouts. The vendor publishes its controller as an image only, so both are built. */
export function rollouts(name: string, variable: string, report: string[]): Tool {
  return {
    version: '1.9.1',
    accepts: 'patch',
    variable,
    report,
    go: {
      module: 'rollouts',
      package: `github.com/argoproj/argo-rollouts/cmd/${name}`,
      stamps: ['github.com/argoproj/argo-rollouts/utils/version.version=1.9.1'],
      needs: '1.26.0',
    },
  }
}
