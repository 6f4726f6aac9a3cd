import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker'
import type { Target } from '../../model/target.ts'
import { memoryConfiguration } from '../../test/support/engine.ts'
import { type MemoryObject, MemorySystem } from '../../rehearsal/memory.ts'
import { memoryTarget } from '../../test/support/memory-target.ts'
import { createWorker } from '../../worker/run.ts'

/** What a worker in a process of its own is told, as JSON in its only argument. */
export interface WorkerCall {
  address: string
  taskQueue: string
  /** Path of the workflow code, bundled beforehand. */
  bundle: string
  /** Options of the worker; ours has them from itself. */
  options: object
}

/** Every object that is asked for is there, at its second revision. */
class Boundless extends MemorySystem {
  override get(name: string): MemoryObject {
    return this.objects.get(name) ?? this.put(name, 'v1', 'v2')
  }
}

const { address, taskQueue, bundle } = JSON.parse(process.argv[2] ?? '') as WorkerCall
Runtime.install({ logger: new DefaultLogger('WARN') })
const target = memoryTarget(new Boundless()) as unknown as Target
const worker = await createWorker({
  configuration: memoryConfiguration({}, taskQueue),
  connection: await NativeConnection.connect({ address }),
  namespace: 'default',
  workflowBundle: { codePath: bundle },
  verifyKeys: [],
  targets: { memory: async () => target },
})
await worker.run()
