import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { Client, Connection } from '@temporalio/client'
import { DefaultLogger, makeTelemetryFilterString, NativeConnection, Runtime } from '@temporalio/worker'
import { createActivities } from '../activities/index.ts'
import { measuring } from '../activities/checks/index.ts'
import { kinds } from '../activities/schemas.ts'
import type { NotifyCall } from '../model/calls.ts'
import type { Configuration } from '../model/configuration.ts'
import { builtWorkflows } from '../worker/bundle.ts'
import { createWorker } from '../worker/run.ts'
import type { Cast } from './cast.ts'

/** Where scenarios are played: the real workflows on a real Temporal, and in place of the world what a cast says. */
export interface Stage {
  client: Client
  taskQueue: string
  /** Signs what people say, as the API does. */
  key: KeyObject
  /** Puts the cast of the next scenario there. */
  put(cast: Cast): void
  close(): Promise<void>
}

/** Opens one for the runs of a configuration, whose connections lead nowhere here. */
export async function openStage(address: string, configuration: Configuration): Promise<Stage> {
  const filter = makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' })
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter } } })
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const taskQueue = `rehearsal-${randomUUID()}`
  let cast: Cast | undefined
  const current = () => {
    if (!cast) throw new Error('nothing is played before a cast is put on the stage')
    return cast
  }
  const parts = { configuration: { ...configuration, temporal: { taskQueue } }, verifyKeys: [publicKey] }
  const targets = Object.fromEntries(
    Object.entries(kinds).map(([kind, { schema }]) => [kind, async () => current().target(kind, schema)]),
  )
  const activities = {
    ...createActivities({ ...parts, targets }),
    ...measuring((call) => current().looking(call)),
    'unwind.notify': async (call: NotifyCall) => current().hear(call),
  }
  const connection = await NativeConnection.connect({ address })
  const worker = await createWorker({
    ...{ ...parts, connection, namespace: 'default', targets, workflowBundle: await builtWorkflows() },
    options: { activities, shutdownGraceTime: 0 },
  })
  const running = worker.run()
  const asking = await Connection.connect({ address })
  return {
    ...{ client: new Client({ connection: asking }), taskQueue, key: privateKey },
    put: (next) => void (cast = next),
    close: async () => {
      worker.shutdown()
      await running
      await Promise.all([connection.close(), asking.close()])
    },
  }
}
