import { randomUUID } from 'node:crypto'
import type { ErrorCode, Problem } from '../../../model/errors.ts'
import type { CompiledRunbook } from '../../../model/runbook/compiled.ts'
import type { RunState } from '../../../model/run.ts'
import { type Answer, type OpenOptions, openApi } from '../../api/open.ts'
import { newService, pathOf, rollbackOf } from '../../api/request.ts'
import type { ProblemDocument } from '../../../api/schemas/problem.ts'
import { type Part, runbookInput } from '../../support/runbook.ts'
import { stopByHand } from '../../support/services.ts'
import { until } from '../../support/until.ts'
import { CALLERS, type Ground } from './ground.ts'

/** How one error of the table comes about: as an answer over HTTP, or as the problem in the document of a run. */
export type Provocation =
  | { answer(ground: Ground): Promise<Answer<ProblemDocument>> }
  | { record(ground: Ground): Promise<Problem | undefined> }

/** One way for each error of the table; the compiler refuses a table with an error that nobody can provoke. */
export const provocations: Record<ErrorCode, Provocation> = {
  INVALID_REQUEST: { answer: (ground) => post(ground, '/v1/rollbacks', {}) },
  CONFIGURATION_INVALID: { answer: (ground) => elsewhere(ground, { namespace: 'nowhere' }, 'GET', '/v1/rollbacks') },
  UNAUTHENTICATED: { answer: ({ api }) => api.call('GET', '/v1/rollbacks') },
  FORBIDDEN: { answer: ({ api }) => api.call('POST', '/v1/rollbacks', rollbackOf('shop'), CALLERS.reader) },
  NOT_FOUND: { answer: ({ api }) => api.call('GET', pathOf('never-seen'), undefined, CALLERS.admin) },
  ROLLBACK_RUNNING: { answer: (ground) => post(ground, '/v1/rollbacks', rollbackOf('shop', ground.service)) },
  OBJECT_LOCKED: {
    async record(ground) {
      const held = `held-${randomUUID()}`
      ground.engine.system.put(held, 'v0', 'v1', 'v2').health = 'inconclusive'
      const first = await begin(ground, held)
      await recorded(ground, first, ({ phase }) => phase === 'parked')
      const second = await begin(ground, held)
      return (await recorded(ground, second, ({ phase }) => phase === 'ended')).problem
    },
  },
  STALE_DECISION: {
    answer: (ground) =>
      post(ground, pathOf(ground.service, 'decisions'), { stepId: 'other', attempt: 1, choice: 'retry' }),
  },
  DECISION_REFUSED: {
    answer: (ground) =>
      post(ground, pathOf(ground.service, 'approvals'), { planDigest: '0'.repeat(64), decision: 'approve' }),
  },
  KEY_REUSED: {
    async answer(ground) {
      const key = { 'idempotency-key': randomUUID() }
      const body = rollbackOf(seeded(ground, `key-${randomUUID()}`))
      await ground.api.call('POST', '/v1/rollbacks', body, { ...CALLERS.admin, ...key })
      return ground.api.call('POST', '/v1/rollbacks', { ...body, reason: 'another' }, { ...CALLERS.admin, ...key })
    },
  },
  BODY_TOO_LARGE: { answer: (ground) => post(ground, '/v1/rollbacks', { reason: 'x'.repeat(300_000) }) },
  UNSUPPORTED_MEDIA_TYPE: {
    answer: ({ api }) =>
      api.call('POST', '/v1/rollbacks', 'a: 1', { ...CALLERS.admin, 'content-type': 'application/yaml' }),
  },
  NO_WORKER: {
    async answer(ground) {
      const { configuration } = ground.engine
      const lonely = { ...configuration, temporal: { taskQueue: `lonely-${randomUUID()}` } }
      return elsewhere(ground, { configuration: lonely }, 'POST', '/v1/plans', rollbackOf('shop'))
    },
  },
  TEMPORAL_UNAVAILABLE: { answer: (ground) => elsewhere(ground, { address: '127.0.0.1:1' }, 'GET', '/v1/rollbacks') },
  ARCHIVE_UNAVAILABLE: {
    answer(ground) {
      const configuration = { ...ground.engine.configuration, archive: { folder: '/dev/null' } }
      return elsewhere(ground, { configuration }, 'GET', pathOf('never-seen', `report?run=${randomUUID()}`))
    },
  },
  TOO_MANY_WATCHERS: {
    answer: (ground) =>
      elsewhere(ground, { watchLimits: { clients: 0, perRun: 0 } }, 'GET', pathOf(ground.service, 'events')),
  },
  NO_ROLLBACK_TARGET: {
    answer(ground) {
      ground.engine.system.put('single', 'v1')
      return post(ground, '/v1/plans', rollbackOf('single'))
    },
  },
  TARGET_NOT_FOUND: { answer: (ground) => post(ground, '/v1/plans', rollbackOf('never-seen')) },
  TARGET_UNREACHABLE: { answer: (ground) => planFault(ground, 'target-unreachable') },
  TARGET_FORBIDDEN: { answer: (ground) => planFault(ground, 'target-forbidden') },
  TARGET_OWNED: { answer: (ground) => planFault(ground, 'target-owned') },
  IMAGE_GONE: { answer: (ground) => planFault(ground, 'image-gone') },
  TARGET_PAUSED: { answer: (ground) => planFault(ground, 'target-paused') },
  TARGET_MISMATCH: { answer: (ground) => planFault(ground, 'target-mismatch') },
  TARGET_REJECTED: { answer: (ground) => planFault(ground, 'target-rejected') },
  PLAN_STALE: {
    async record(ground) {
      ground.engine.system.put('moved', 'v1', 'v2', 'v3', 'v4')
      const service = await begin(ground, 'moved')
      const state = await recorded(ground, service, ({ steps }) => steps.some(({ problem }) => problem !== undefined))
      return state.steps[0]?.problem
    },
  },
  RELEASE_MIXED: {
    async record(ground) {
      for (const name of ['green', 'blue']) ground.engine.system.put(name, 'v1', 'v2').release = name
      return byRunbook(
        ground,
        [{ object: 'green' }, { object: 'blue' }],
        { oneRelease: true },
        ({ phase }) => phase === 'ended',
      )
    },
  },
  ROLLBACK_NOT_WANTED: {
    answer: (ground) => {
      const metadata = { service: `quiet-${randomUUID()}`, environment: 'test' }
      const canary = { name: 'shop', namespace: 'shop', phase: 'Progressing', checksum: 'x' }
      return post(ground, '/v1/triggers/flagger/rollback', { ...canary, metadata })
    },
  },
  STEP_DECLINED: {
    async record(ground) {
      const service = await beginRunbook(ground, [{ role: 'manual', asked: { text: 'Call the bank' } }])
      const { steps } = await recorded(ground, service, ({ steps: [first] }) => first?.status === 'asking')
      const answer = { questionId: 's1', attempt: steps[0]?.attempt ?? 0, answer: 'no' }
      await post(ground, pathOf(service, 'answers'), answer)
      return (await recorded(ground, service, ({ phase }) => phase === 'parked')).parked?.problem
    },
  },
  APPROVAL_EXPIRED: {
    record: (ground) => {
      const rule = { min: 1, groups: [], self: true, expires: 200 }
      return byRunbook(ground, [{ role: 'approve', asked: { text: 'Go on?', rule } }])
    },
  },
  RUN_OVERDUE: {
    record: (ground) => byRunbook(ground, [{ object: seeded(ground, `late-${randomUUID()}`) }], { timeout: 1 }),
  },
  PLAN_TOO_LARGE: { answer: (ground) => post(ground, '/v1/plans', rollbackOf(seeded(ground, 'large'))) },
  VERIFY_FAILED: { record: (ground) => whyParked(ground, seeded(ground, `ill-${randomUUID()}`, 'fail')) },
  VERIFY_INCONCLUSIVE: {
    record: (ground) => whyParked(ground, seeded(ground, `dim-${randomUUID()}`, 'inconclusive')),
  },
  STEP_TIMEOUT: { record: (ground) => whyParked(ground, seeded(ground, 'slow'), { timeout: '300ms' }) },
  OVERLOADED: {
    answer: (ground) => elsewhere(ground, { hookLimit: 0 }, 'POST', '/v1/triggers/alertmanager', {}),
  },
  AUTOMATION_STOPPED: {
    async record(ground) {
      const { engine } = ground
      const input = engine.input([{ object: seeded(ground, `stopped-${randomUUID()}`) }])
      await stopByHand(engine, input.service)
      const run = await engine.begin({ ...input, automatic: 'proposal' })
      return (await run.reaches('parked')).parked?.problem
    },
  },
  INTERNAL: { answer: (ground) => post(ground, '/v1/plans', rollbackOf('boom')) },
}

function post({ api }: Ground, path: string, body: unknown): Promise<Answer<ProblemDocument>> {
  return api.call('POST', path, body, CALLERS.admin)
}

function planFault(ground: Ground, code: string): Promise<Answer<ProblemDocument>> {
  return post(ground, '/v1/plans', rollbackOf(`fault.${code}`))
}

/** The same call to an API of its own, whose surroundings are wrong in some way. */
async function elsewhere(
  { address, engine }: Ground,
  options: Partial<OpenOptions>,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer<ProblemDocument>> {
  const api = openApi({ address, configuration: engine.configuration, ...options })
  try {
    return await api.call(method, path, body)
  } finally {
    await api.close()
  }
}

function seeded({ engine }: Ground, name: string, health: 'pass' | 'fail' | 'inconclusive' = 'pass'): string {
  engine.system.put(name, 'v1', 'v2').health = health
  return name
}

async function begin(ground: Ground, object: string, step: object = {}): Promise<string> {
  const service = newService()
  await post(ground, '/v1/rollbacks', rollbackOf(object, service, { steps: [{ kind: 'memory', object, ...step }] }))
  return service
}

async function recorded(ground: Ground, service: string, enough: (state: RunState) => boolean): Promise<RunState> {
  const { body } = await until(
    () => ground.api.call<RunState>('GET', pathOf(service), undefined, CALLERS.admin),
    (answer) => answer.status === 200 && enough(answer.body),
    (answer) => `${service} is ${answer?.body.phase}`,
    30_000,
  )
  return body
}

async function beginRunbook(ground: Ground, parts: Part[], runbook: Partial<CompiledRunbook> = {}): Promise<string> {
  const input = runbookInput(ground.engine, parts, runbook)
  await ground.engine.begin(input)
  return input.service
}

/** What stops a run by a runbook of these steps. */
async function byRunbook(
  ground: Ground,
  parts: Part[],
  runbook: Partial<CompiledRunbook> = {},
  enough = ({ phase }: RunState) => phase === 'parked',
): Promise<Problem | undefined> {
  const state = await recorded(ground, await beginRunbook(ground, parts, runbook), enough)
  return state.parked?.problem ?? state.problem
}

async function whyParked(ground: Ground, object: string, step: object = {}): Promise<Problem | undefined> {
  const service = await begin(ground, object, step)
  return (await recorded(ground, service, ({ phase }) => phase === 'parked')).parked?.problem
}
