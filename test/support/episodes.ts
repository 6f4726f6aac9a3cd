import { randomUUID } from 'node:crypto'
import type { WorkflowHandle } from '@temporalio/client'
import { proposalId } from '../../model/ids.ts'
import type { RunInput } from '../../model/run.ts'
import type { ReleaseRecord } from '../../model/service/ledger.ts'
import type { ProposalInput, ProposalState } from '../../model/triggers/proposal.ts'
import { gateSettings, TriggerSettings } from '../../model/triggers/settings.ts'
import type { Mode } from '../../model/triggers/modes.ts'
import type { GateSettings } from '../../model/triggers/gate-settings.ts'
import type { Engine } from './engine.ts'
import { gently } from './gentle.ts'
import { imageOf } from '../../rehearsal/memory.ts'
import { type Part, runbookInput } from './runbook.ts'
import { released, tellService } from './services.ts'

const MINUTE = 60_000

/** Settings of a patient environment, quick to decide. */
export function quick(changes: Partial<GateSettings> = {}): GateSettings {
  const usual = gateSettings(TriggerSettings.parse({ gather: '50ms', veto: '300ms', expires: '1m' }), 'test')
  return { ...usual, fleet: { atOnce: 100, perDay: 1_000, incident: 1_000, window: MINUTE }, ...changes }
}

const environments = new WeakMap<Engine, string>()

/** An environment of this engine's own: what its services share must not be shared with another test. */
export function environmentOf(engine: Engine): string {
  const known = environments.get(engine) ?? `e-${randomUUID()}`
  environments.set(engine, known)
  const { environments: all } = engine.configuration
  if (all['test']) all[known] ??= all['test']
  return known
}

/** A service whose object `name` was at v1, which worked, and was deployed to v2 a minute ago. */
export async function deployed(
  engine: Engine,
  name: string,
  changes: { good?: Partial<ReleaseRecord>; bad?: Partial<ReleaseRecord>; beside?: Part[] } = {},
): Promise<RunInput> {
  engine.system.put(name, 'v1', 'v2')
  const input = runbookInput(
    engine,
    [{ object: name }, ...(changes.beside ?? [])],
    { communicate: { needsPerson: ['log'] } },
    {
      ...{ ledger: true, environment: environmentOf(engine) },
    },
  )
  const record = (version: string, rest: Partial<ReleaseRecord>) =>
    tellService(engine, input, 'record', {
      release: released(version, { images: [imageOf(name, version)], ...rest }),
    })
  await record('v1', { healthy: true, deployedAt: Date.now() - 600 * MINUTE, ...changes.good })
  await record('v2', { deployedAt: Date.now() - MINUTE, startedAt: Date.now() - 2 * MINUTE, ...changes.bad })
  return input
}

/** Opens the proposal of one episode, as an alert would. */
export async function alerted(
  engine: Engine,
  run: RunInput,
  mode: Mode,
  changes: Partial<ProposalInput> & { startsAt?: number; fingerprint?: string } = {},
): Promise<WorkflowHandle> {
  const { startsAt = Date.now(), fingerprint = 'f', ...rest } = changes
  const id = rest.id ?? `e-${randomUUID()}`
  const input: ProposalInput = {
    format: 1,
    id,
    trigger: { runbook: 'shop', id: 'errors', mode },
    alert: { fingerprint, startsAt, labels: { alertname: 'Errors' }, summary: 'many errors' },
    run,
    settings: quick(),
    ...rest,
  }
  return engine.client.workflow.start('proposal', {
    workflowId: proposalId({ environment: run.environment, service: run.service, id }),
    taskQueue: engine.configuration.temporal?.taskQueue ?? '',
    args: [input],
  })
}

export async function resultOf(handle: WorkflowHandle): Promise<ProposalState> {
  return (await handle.result()) as ProposalState
}

/** The proposal once it stands there. */
export function stands(handle: WorkflowHandle, standing: ProposalState['standing']): Promise<ProposalState> {
  return gently<ProposalState>(
    handle,
    'proposal',
    (state) => state.standing === standing,
    (state) => `it is ${state?.standing} (${state?.refusals.map(({ code }) => code).join(', ')}), not ${standing}`,
  )
}

/** The proposal once it starts nothing by itself: it is proposed to people, or it has ended. */
export function settles(handle: WorkflowHandle): Promise<ProposalState> {
  return gently<ProposalState>(
    handle,
    'proposal',
    ({ standing, outcome }) => standing === 'proposed' || outcome !== undefined,
    (state) => `it is ${state?.standing}, neither proposed nor ended`,
  )
}
