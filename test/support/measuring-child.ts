import { Configuration } from '../../model/configuration.ts'
import { NativeConnection } from '@temporalio/worker'
import { createWorker } from '../../worker/run.ts'
import { workflowBundle } from './bundle.ts'

/** A worker that measures by HTTP, in a process of its own, so that it can be killed. */
const { address, taskQueue, origin } = JSON.parse(process.argv[2] ?? '') as Record<string, string>
const worker = await createWorker({
  configuration: Configuration.parse({
    apiVersion: 'unwind/v1',
    kind: 'Configuration',
    environments: { test: {} },
    connections: { health: { kind: 'http', environment: 'test', origin, private: true } },
    temporal: { taskQueue },
  }),
  connection: await NativeConnection.connect({ address: address ?? '' }),
  namespace: 'default',
  workflowBundle: await workflowBundle(),
  verifyKeys: [],
  targets: {},
})
await worker.run()
