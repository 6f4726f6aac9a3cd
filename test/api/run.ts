import { randomUUID } from 'node:crypto'
import type { RollbackDocument } from '../../api/schemas/answers.ts'
import type { Phase } from '../../model/run.ts'
import type { Engine } from '../support/engine.ts'
import { until } from '../support/until.ts'
import type { OpenApi } from './open.ts'
import { pathOf } from './request.ts'

export const READY = { status: 200, body: { status: 'ready', temporal: 'reachable', worker: 'running' } }

/** The document of a rollback once it is in this phase. */
export async function reaches(api: OpenApi, service: string, phase: Phase, run?: string): Promise<RollbackDocument> {
  const { body } = await until(
    () => api.call<RollbackDocument>('GET', `${pathOf(service)}${run ? `?run=${run}` : ''}`),
    (answer) => answer.body.phase === phase,
    (answer) => `${service} is ${answer?.body.phase}, not ${phase}`,
  )
  return body
}

export function ended(api: OpenApi, service: string, run?: string): Promise<RollbackDocument> {
  return reaches(api, service, 'ended', run)
}

/** The name of an object whose rollback parks, because it never becomes healthy. */
export function parked({ system }: Engine): string {
  const name = `o-${randomUUID()}`
  system.put(name, 'v1', 'v2').health = 'inconclusive'
  return name
}
