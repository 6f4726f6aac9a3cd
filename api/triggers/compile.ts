import { measurements } from '../../activities/checks/schemas.ts'
import { UnwindError } from '../../model/errors.ts'
import { milliseconds } from '../../model/duration.ts'
import { compileRunbook } from '../../model/runbook/compile.ts'
import type { LoadedRunbook } from '../../model/runbook/loaded.ts'
import type { RunInput } from '../../model/run.ts'
import { placedSteps, procedureNames } from '../../model/runbook/placed.ts'
import type { Alert, Trigger } from '../../model/triggers/episode.ts'
import type { Met, RunbookTrigger } from '../../model/triggers/match.ts'
import type { ProposalInput } from '../../model/triggers/proposal.ts'
import { gateSettings, TriggerSettings } from '../../model/triggers/settings.ts'
import { cautious } from '../../model/triggers/modes.ts'
import type { Watched } from '../../model/triggers/watched.ts'
import type { Api } from '../context.ts'

/** A rollback of the runbook, as its trigger asks for it, and the condition that it is confirmed by. */
export interface CompiledTrigger {
  trigger: Trigger
  run: RunInput
  settings: ProposalInput['settings']
  watched?: Watched & { for: number; every: number }
  url: string
}

const DEFAULT_FOR = '1m'
const DEFAULT_EVERY = '15s'
/** The name under which a trigger's own measurement is compiled beside the steps of its runbook. */
const ASIDE = 'trigger-condition'

/** Everything that a proposal or a watch of this trigger needs. Throws INVALID_REQUEST, FORBIDDEN. */
export function compileTrigger(
  api: Api,
  { loaded, trigger, environment }: Met,
  others: ReadonlyMap<string, LoadedRunbook>,
  alert?: Alert,
): CompiledTrigger {
  const { configuration, kinds } = api
  const { name } = loaded.runbook.metadata
  const actor = { subject: `trigger:${name}/${trigger.id}`, groups: [] }
  const reason = `${trigger.id} of ${name}${alert?.summary ? `: ${alert.summary}` : ''}`.slice(0, 500)
  const labels = alert && { startsAt: new Date(alert.startsAt).toISOString(), labels: alert.labels }
  const request = { environment, reason, ...(labels && { alert: labels }) }
  const around = { configuration, kinds, measurements, others }
  const run = compileRunbook(loaded, request, around, actor)
  const mode = cautious(trigger.mode, configuration.environments[environment]?.automatic ?? 'propose')
  const settings = gateSettings(configuration.triggers ?? TriggerSettings.parse({}), environment)
  const base = configuration.api.url?.replace(/\/$/, '') ?? ''
  const aside = trigger.check && compileRunbook(withCondition(loaded, trigger), request, around, actor)
  return {
    trigger: { runbook: name, id: trigger.id, mode },
    run,
    settings,
    ...(aside && { watched: watchedOf(aside, trigger) }),
    url: `${base}/v1/services/${environment}/${run.service}/proposals`,
  }
}

/** The runbook with the condition as a check beside the step that it measures: the same names and defaults hold for it. */
function withCondition(loaded: LoadedRunbook, { check = {} }: RunbookTrigger): LoadedRunbook {
  const { for: _for, every: _every, ...measurement } = check
  const condition = { id: ASIDE, kind: 'check', all: [measurement] }
  const holds = placedSteps(loaded.runbook).find(({ id }) => id === check['of'])
  const wanted = holds?.procedure ?? procedureNames(loaded.runbook)[0] ?? ''
  const runbook = structuredClone(loaded.runbook)
  const place = runbook.steps ?? runbook.procedures?.[wanted]
  place?.push(condition as never)
  return { ...loaded, runbook }
}

function watchedOf({ steps }: RunInput, { id, check = {} }: RunbookTrigger): NonNullable<CompiledTrigger['watched']> {
  const step = steps.find((other) => other.id === ASIDE)
  const [measurement] = step?.check?.measurements ?? []
  if (!step || !measurement) throw new UnwindError('INVALID_REQUEST', `trigger ${id} measures nothing`)
  const kind = measurements[measurement.kind]
  const [lasts, every] = [milliseconds(check.for ?? DEFAULT_FOR), milliseconds(check.every ?? DEFAULT_EVERY)]
  if (Number.isNaN(lasts) || Number.isNaN(every) || every < 1)
    throw new UnwindError('INVALID_REQUEST', `trigger ${id}: write for and every as durations, such as 5m`)
  return {
    measurement,
    fires: kind?.trigger?.(measurement.spec) ?? 'fails',
    connection: step.connection,
    ...(step.taskQueue && { taskQueue: step.taskQueue }),
    for: lasts,
    every,
  }
}
