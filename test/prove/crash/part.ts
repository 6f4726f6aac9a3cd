import { DefaultLogger, NativeConnection, Runtime, type Worker } from '@temporalio/worker'
import { startApi } from '../../../api/main.ts'
import { loadConfiguration } from '../../../config/load.ts'
import { temporalPlace } from '../../../config/temporal.ts'
import { createWorker, readVerifyKeys } from '../../../worker/run.ts'

/** What a part of Unwind in a process of its own is told, as JSON in its only argument. */
export interface PartCall {
  part: 'api' | 'worker'
  config: string
  /** The workflow code, bundled beforehand: a worker that comes back is then there in a second. */
  bundle: string
  /** False: every workflow task replays its whole history. */
  cache: boolean
}

const { part, config, bundle, cache } = JSON.parse(process.argv[2] ?? '') as PartCall
const { configuration } = await loadConfiguration(config)
if (part === 'api') await startApi(configuration)
else await (await worker()).run()

async function worker(): Promise<Worker> {
  Runtime.install({ logger: new DefaultLogger('WARN') })
  const { connectionOptions, namespace } = temporalPlace()
  return createWorker({
    configuration,
    connection: await NativeConnection.connect(connectionOptions),
    namespace,
    workflowBundle: { codePath: bundle },
    verifyKeys: await readVerifyKeys(configuration),
    ...(!cache && { options: { maxCachedWorkflows: 0 } }),
  })
}
