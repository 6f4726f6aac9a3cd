import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { Cluster } from '../../activities/kubernetes/connect.ts'
import { loadKubeConfig, pinOf } from '../../activities/kubernetes/connect.ts'
import { helm } from '../../activities/targets/helm/index.ts'
import { readRelease, type Release } from '../../activities/targets/helm/records.ts'
import { findBinary } from '../../tools/find.ts'
import { run } from '../../tools/run.ts'
import type { Lab } from './kubernetes-lab.ts'

/** A chart without templates: its objects are rendered as they are. */
export interface Chart {
  version: string
  appVersion?: string
  objects: object[]
  /** Definitions in the chart's folder crds. */
  crds?: object[]
}

/** One major of Helm, and hands to deploy with it into a lab. */
export interface HelmLab {
  readonly lab: Lab
  readonly binary: string
  readonly connection: Cluster
  /** Deploys by helm upgrade --install, as CI would. Rejects when helm fails. */
  deploy: (release: string, chart: Chart, more?: readonly string[]) => Promise<void>
  /** Writes a chart into a folder. */
  write: (folder: string, name: string, chart: Chart) => Promise<void>
  /** Any command of helm in the lab's namespace, with all rights. */
  helm: (args: readonly string[], env?: Record<string, string>) => Promise<string>
  /** What Helm keeps of a release. */
  release: (name: string, driver?: 'secret' | 'configmap') => Promise<Release>
  /** A step for a release, as a runbook would write it. */
  step: (release: string, more?: object) => Record<string, unknown>
}

/** Opens a major of Helm in a lab. */
export async function openHelm(lab: Lab, major: 3 | 4): Promise<HelmLab> {
  const binary = await findBinary(major === 3 ? 'helm3' : 'helm')
  const { kubeconfig, context, namespace } = lab
  const login = { kubeconfig, ...(context && { context }) }
  const pin = pinOf(loadKubeConfig(login, 'lab'), 'lab')
  const connection = await helm.connect({ ...login, helm: binary, pin }, 'lab')
  const where = ['--kubeconfig', kubeconfig, ...(context ? ['--kube-context', context] : []), '--namespace', namespace]
  const call: HelmLab['helm'] = async (args, env = {}) => {
    return (await run(binary, [...args, ...where], { env: { HELM_NO_PLUGINS: '1', ...env } })).stdout
  }
  let charts = 0
  return {
    lab,
    binary,
    connection,
    helm: call,
    write: writeChart,
    deploy: async (release, chart, more = []) => {
      const folder = join(lab.folder, `chart-${major}-${++charts}`)
      await writeChart(folder, release, chart)
      await call(['upgrade', '--install', release, folder, '--history-max', '0', ...more])
    },
    release: (name, driver = 'secret') =>
      readRelease({ cluster: connection, place: { namespace, name }, driver, signal: AbortSignal.timeout(20_000) }),
    step: (release, more = {}) => ({ kind: 'helm', release, namespace, soak: '0s', ...more }),
  }
}

/** Its text as it is: braces of other templates are none of Helm's. */
async function writeChart(folder: string, name: string, { version, appVersion, objects, crds = [] }: Chart) {
  await mkdir(join(folder, 'templates'), { recursive: true })
  await mkdir(join(folder, 'crds'))
  const about = { apiVersion: 'v2', name, version, appVersion: appVersion ?? version }
  await writeFile(join(folder, 'Chart.yaml'), stringify(about))
  await writeFile(join(folder, 'values.yaml'), '')
  const text = objects.map((object) => stringify(object)).join('---\n')
  await writeFile(join(folder, 'templates', 'all.yaml'), text)
  for (const [index, crd] of crds.entries()) await writeFile(join(folder, 'crds', `${index}.yaml`), stringify(crd))
}

/** A ConfigMap named so. */
export function configMap(name: string, data: Record<string, string>, more: object = {}): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...more }, data }
}
