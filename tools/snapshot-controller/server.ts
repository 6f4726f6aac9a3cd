import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findBinary } from '../find.ts'
import { answers } from '../process/ready.ts'
import { closeStateFolder, openStateFolder, startProcess } from '../process.ts'
import { run } from '../run.ts'

/** The snapshot-controller of a cluster. It ends with this process. */
export interface SnapshotController {
  stop(): Promise<void>
}

/** Starts one for the cluster of a kubeconfig, which must have the definitions of `snapshotDefinitions` already. */
export async function startSnapshotController(kubeconfig: string): Promise<SnapshotController> {
  const command = await findBinary('snapshot-controller')
  const folder = await openStateFolder('snapshot-controller')
  const server = await startProcess({
    name: 'snapshot-controller',
    command,
    folder,
    ports: { http: undefined },
    args: ({ http }) => [
      `--kubeconfig=${kubeconfig}`,
      `--http-endpoint=127.0.0.1:${http}`,
      '--kube-api-qps=500',
      '--kube-api-burst=1000',
    ],
    ready: ({ http }) => answers(`http://127.0.0.1:${http}/metrics`),
  })
  return {
    stop: async () => {
      await server.stop()
      await closeStateFolder(folder)
    },
  }
}

const CLIENT = 'github.com/kubernetes-csi/external-snapshotter/client/v8'

/** The custom resource definitions of snapshots as YAML texts, from the module that `go.mod` pins: it carries them. */
export async function snapshotDefinitions(): Promise<string[]> {
  const { stdout } = await run('go', ['mod', 'download', '-json', CLIENT], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { GOFLAGS: '-mod=readonly', GOTOOLCHAIN: 'local' },
    within: 300_000,
  })
  const folder = join((JSON.parse(stdout) as { Dir: string }).Dir, 'config', 'crd')
  const names = (await readdir(folder)).filter((name) => /^snapshot\.storage\.k8s\.io_.*\.yaml$/.test(name))
  if (names.length === 0) throw new Error(`${CLIENT} has no definitions in config/crd; see what its version is`)
  return Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
}
