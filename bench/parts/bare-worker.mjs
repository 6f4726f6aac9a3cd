import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker'

// The other side of what `worker.ts` is: Temporal's worker with an activity that does nothing.
const { address, taskQueue, bundle, options } = JSON.parse(process.argv[2] ?? '')
Runtime.install({ logger: new DefaultLogger('WARN') })
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address }),
  namespace: 'default',
  taskQueue,
  workflowBundle: { codePath: bundle },
  activities: { idle: async () => undefined },
  ...options,
})
await worker.run()
