import { randomUUID } from 'node:crypto'
import { Client, Connection, type WorkflowHandle } from '@temporalio/client'
import { NativeConnection } from '@temporalio/worker'
import { argoCdKind } from '../../../activities/targets/argo-cd/schema.ts'
import { compile } from '../../../model/compile.ts'
import { Configuration } from '../../../model/configuration.ts'
import { followupId, rollbackId } from '../../../model/ids.ts'
import type { RunState } from '../../../model/run.ts'
import type { StepKind } from '../../../model/step.ts'
import { createWorker } from '../../../worker/run.ts'
import { type ArgoLab, openArgo, type Shop, type Where } from '../../argo/lab.ts'
import { workflowBundle } from '../../support/bundle.ts'

/** A real Argo CD, a Temporal, and a worker of Unwind between them. */
export interface Ground {
  lab: ArgoLab
  /** One rollback from its start to its end. */
  rollback(shop: Shop, more: object): Promise<RunState>
  /** What a rollback has left owed. */
  followup(runId: string): WorkflowHandle
  close(): Promise<void>
}

/** Between two looks at a hold, in milliseconds: a minute otherwise. */
const WATCH = 2_000

export async function openGround(where: Where & { temporalAddress: string }): Promise<Ground> {
  const lab = await openArgo(where)
  const configuration = Configuration.parse({
    ...{ apiVersion: 'unwind/v1', kind: 'Configuration', temporal: { taskQueue: randomUUID() } },
    environments: { test: { argocd: 'argo-cd' } },
    connections: { 'argo-cd': { kind: 'argo-cd', environment: 'test', origin: where.url } },
    worker: { credentials: { 'argo-cd': { token: lab.credentials()['token'] } } },
  })
  const taskQueue = configuration.temporal?.taskQueue ?? ''
  const connection = await Connection.connect({ address: where.temporalAddress })
  const native = await NativeConnection.connect({ address: where.temporalAddress })
  const parts = { configuration, connection: native, namespace: 'default', verifyKeys: [] }
  const worker = await createWorker({ ...parts, workflowBundle: await workflowBundle() })
  const running = worker.run()
  const { workflow } = new Client({ connection })
  return {
    lab,
    rollback: async (shop, more) => {
      const request = {
        service: shop.name,
        environment: 'test',
        reason: 'the release is bad',
        steps: [shop.step(more)],
      }
      const kinds = { 'argo-cd': argoCdKind as unknown as StepKind }
      const input = compile(request, configuration, kinds, { subject: 'ann', groups: [] })
      const args = [{ ...input, limits: { ...input.limits, watch: WATCH } }]
      return workflow.execute('rollback', { workflowId: rollbackId('test', shop.name), taskQueue, args })
    },
    followup: (runId) => workflow.getHandle(followupId(runId)),
    close: async () => {
      worker.shutdown()
      await running
      await native.close()
      await connection.close()
      await lab.close()
    },
  }
}
