import { floorOf, refuseDangling, unknown } from '../compile.ts'
import type { Configuration } from '../configuration.ts'
import { milliseconds } from '../duration.ts'
import { UnwindError } from '../errors.ts'
import type { Actor, ApprovalRule } from '../policy.ts'
import { DEFAULT_UPDATE, type RunInput, type Telling } from '../run.ts'
import type { Communicate, CompiledRunbook, ParameterValue } from './compiled.ts'
import { compileStepOf, ruleOf } from './compile-step.ts'
import type { Runbook } from './document.ts'
import { expand } from './expand.ts'
import { type Around, channelsOf, type LoadedRunbook, type RunbookRequest } from './loaded.ts'
import { resolveParameters } from './parameters.ts'
import { ONLY_PROCEDURE, proceduresOf } from './placed.ts'
import { runbookProblems } from './problems.ts'
import { channelOf } from './step-problems.ts'
import { writtenPath } from './written-path.ts'

/** So many steps, over all procedures, may a run carry. */
const STEPS_LIMIT = 200

/**
 * A runbook, an environment and parameters become the whole input of a run. Throws INVALID_REQUEST (what is wrong with
 * the runbook for this environment, with its path) and FORBIDDEN (what the environment does not allow, and what to do).
 */
export function compileRunbook(
  loaded: LoadedRunbook,
  request: RunbookRequest,
  around: Around,
  startedBy: Actor,
): RunInput {
  const { configuration } = around
  const { runbook } = loaded
  const { metadata, policy } = runbook
  const { environment, floor } = floorOf(configuration, request.environment)
  refuseUnwanted(loaded, request.environment, around)
  const parameters = resolveParameters(runbook.parameters ?? {}, request.parameters ?? {})
  const expanded = proceduresOf(runbook).flatMap(([name]) =>
    expand(loaded, name, request.environment, parameters, around),
  )
  if (expanded.length > STEPS_LIMIT)
    throw new UnwindError(
      'INVALID_REQUEST',
      `the runbook has ${expanded.length} steps, at most ${STEPS_LIMIT} are carried`,
    )
  const steps = expanded.map((step) => compileStepOf(step, expanded, request.environment, around))
  refuseDangling(steps, around.kinds)
  const approvals = (policy?.approvals ?? []).map(ruleOf)
  if (environment.protected) refuseAnybody([...approvals, ...steps.flatMap(({ asked }) => asked?.rule ?? [])], request)
  const refused = steps.find(({ role, kind }) => !role && floor.policy.kinds && !floor.policy.kinds.includes(kind))
  if (refused) throw new UnwindError('FORBIDDEN', `${request.environment} does not allow steps of kind ${refused.kind}`)
  return {
    format: 1,
    ...{ service: metadata.service, environment: request.environment, reason: request.reason, startedBy },
    ...(request.incident && { incident: request.incident }),
    ...floor,
    steps,
    accept: request.accept ?? [],
    runbook: { ...compiledOf(loaded, parameters, around), approvals },
    ...(request.alert && { alert: request.alert }),
    ...(request.answers && { answers: request.answers }),
    telling: tellingOf(runbook, request.environment, configuration),
  }
}

function tellingOf({ communicate, metadata }: Runbook, environment: string, { api }: Configuration): Telling {
  const every = communicate?.every ? milliseconds(communicate.every) : DEFAULT_UPDATE
  const base = api.url?.replace(/\/$/, '')
  return { every, ...(base && { url: `${base}/v1/rollbacks/${environment}/${metadata.service}` }) }
}

function refuseUnwanted(loaded: LoadedRunbook, name: string, { configuration, others = new Map() }: Around): void {
  const { runbook, reviewed, revision } = loaded
  const { environments, metadata } = runbook
  if (environments && !Object.hasOwn(environments, name))
    throw unknown(`${metadata.name} does not run everywhere: environment`, name, Object.keys(environments))
  const around = { channels: channelsOf(configuration), runbooks: [...others.keys()] }
  const problems = runbookProblems(runbook, around)
  if (problems.length > 0) {
    const lines = problems.slice(0, 5).map(({ path, message }) => `${writtenPath(path) || 'runbook'}: ${message}`)
    const more = problems.length > lines.length ? `; and ${problems.length - lines.length} more` : ''
    throw new UnwindError('INVALID_REQUEST', `runbook ${metadata.name} is not valid: ${lines.join('; ')}${more}`)
  }
  if (configuration.environments[name]?.protected && !reviewed)
    throw new UnwindError(
      'FORBIDDEN',
      `${name} is protected and runbook ${metadata.name} (revision ${revision}) is not reviewed; ` +
        'have it merged in the repository that unwind.yaml names under runbooks, or add its revision to runbooks.reviewed',
    )
}

/** Where it matters, a yes has to be somebody's in particular. */
function refuseAnybody(rules: ApprovalRule[], { environment }: RunbookRequest): void {
  if (rules.some(({ groups }) => groups.length === 0))
    throw new UnwindError(
      'FORBIDDEN',
      `${environment} is protected: name the groups whose approval counts in each rule`,
    )
}

function compiledOf(
  { runbook, revision, source }: LoadedRunbook,
  parameters: Record<string, ParameterValue>,
  { configuration }: Around,
): Omit<CompiledRunbook, 'approvals'> {
  const { metadata, policy, decision, contacts = {}, checklist = [] } = runbook
  const { every: _every, ...communicate } = runbook.communicate ?? {}
  const channels = channelsOf(configuration)
  const told = Object.entries(communicate).map(([event, names = []]) => [event, toChannels(names, contacts, channels)])
  const released = Object.values(runbook.parameters ?? {}).some(({ type }) => type === 'release')
  const people = Object.entries(contacts).flatMap(([role]) => {
    const channel = channelOf(role, contacts, channels)
    return channel === undefined ? [] : [[role, channel]]
  })
  return {
    ...{ name: metadata.name, revision, source, parameters },
    ...(metadata.owner && { owner: metadata.owner }),
    ...(released && { oneRelease: true }),
    questions: (decision ?? []).map(({ evidence, ...question }) => ({ ...question, ...(evidence && { evidence }) })),
    ...(runbook.steps && { procedure: ONLY_PROCEDURE }),
    ...(policy?.timeout && { timeout: milliseconds(policy.timeout) }),
    contacts: Object.fromEntries(people) as Record<string, string>,
    communicate: Object.fromEntries(told) as Communicate,
    checklist: checklist.map(({ ticks, ...item }) => ({ ...item, ...(ticks && { ticks }) })),
  }
}

function toChannels(names: string[], contacts: Record<string, string>, channels: string[]): string[] {
  return [...new Set(names.flatMap((name) => channelOf(name, contacts, channels) ?? []))]
}
