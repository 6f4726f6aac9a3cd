import type { Known } from '../expression/index.ts'
import { milliseconds } from '../duration.ts'
import { partsOf, referencesIn } from '../reference.ts'
import type { Runbook, RunbookStep } from './document.ts'
import { boundProblems, measurementProblems, type Measuring } from './measurement-problems.ts'
import { unknownParameter } from './parameters.ts'
import type { Placed } from './placed.ts'
import { expressionProblems, misnamed, type RunbookProblem } from './problem.ts'
import { type CheckStep, isEngineStep } from './steps.ts'
import { templatesIn, textsOf } from './templates.ts'

/** What is known of the surroundings; what is absent is not checked. */
export interface Surroundings {
  /** Names of the channels that are configured. */
  channels?: readonly string[] | undefined
  /** Names of the other runbooks. */
  runbooks?: readonly string[] | undefined
  /** What may be measured, and over which connections of which environments. */
  measuring?: Measuring | undefined
}

/** What is wrong with one step, among all steps of the runbook. */
export function stepProblems(runbook: Runbook, placed: Placed, all: Placed[], around: Surroundings): RunbookProblem[] {
  const { step, path, procedure, id } = placed
  const siblings = all.filter((other) => other.procedure === procedure)
  const at = siblings.indexOf(placed)
  const before = siblings.slice(0, at).filter(({ group }) => group === undefined || group !== placed.group)
  const steps = namesOf(before)
  const twin = siblings.slice(0, at).some((other) => other.id === id)
  return [
    ...(twin ? [{ path: [...path, 'id'], message: `two steps are called ${id}; give each its own id` }] : []),
    ...expressionProblems(step.when, { ...knownIn(runbook), ...(steps && { steps }) }, [...path, 'when']),
    ...templateProblems(runbook, step, path),
    ...referenceProblems(step, path, before),
    ...kindProblems(runbook, placed, before, around),
  ]
}

/** A step can only go by what a step before it leaves. */
function referenceProblems(step: RunbookStep, path: PropertyKey[], before: readonly Placed[]): RunbookProblem[] {
  const [known, changing] = [namesOf(before), before.filter((other) => !isEngineStep(other.step)).map(({ id }) => id)]
  if (!known) return []
  return referencesIn(step).flatMap((reference) =>
    misnamed('step that changes something before this one called', partsOf(reference).step, changing, path),
  )
}

/** Ids that `steps` may hold then; undefined where an embedded runbook adds some that are not known here. */
function namesOf(before: readonly Placed[]): string[] | undefined {
  return before.some(({ step }) => step.kind === 'runbook') ? undefined : before.map(({ id }) => id)
}

function templateProblems({ parameters = {} }: Runbook, step: RunbookStep, path: PropertyKey[]): RunbookProblem[] {
  const known = Object.keys(parameters)
  return textsOf(step, path)
    .filter(({ path: at }) => at.at(-1) !== 'when' || at.length !== path.length + 1)
    .flatMap(({ text, path: at }) => {
      const { names, malformed } = templatesIn(text)
      if (malformed) return [{ path: at, message: 'braces hold a parameter and nothing else: {{ parameters.<name> }}' }]
      return names.flatMap((name) =>
        known.includes(name) ? [] : [{ path: at, message: unknownParameter(name, known) }],
      )
    })
}

function kindProblems(runbook: Runbook, { step, path, group }: Placed, before: Placed[], around: Surroundings) {
  if (!isEngineStep(step)) return []
  if (step.kind === 'notify')
    return step.channels.flatMap((name, at) => channelProblems(runbook, name, around, [...path, 'channels', at]))
  if (step.kind === 'runbook') {
    const inside = { path: [...path, 'kind'], message: 'a runbook can’t be one of parallel steps; put it beside them' }
    const known = around.runbooks ? misnamed('runbook', step.runbook, around.runbooks, [...path, 'runbook']) : []
    return group === undefined ? known : [inside, ...known]
  }
  if (step.kind !== 'check') return []
  const measurable = before.filter((other) => !isEngineStep(other.step)).map(({ id }) => id)
  const open = before.some((other) => other.step.kind === 'runbook')
  return [
    ...seriesProblems(step, path),
    ...step.all.flatMap(({ of }, at) =>
      typeof of !== 'string' || open
        ? []
        : misnamed('step that changes something before this one called', of, measurable, [...path, 'all', at, 'of']),
    ),
    ...step.all.flatMap((measurement, at) => [
      ...boundProblems(measurement, [...path, 'all', at]),
      ...measurementProblems(runbook, measurement, [...path, 'all', at], around),
    ]),
  ]
}

function seriesProblems(
  { every = '15s', within = '5m', consecutive = 1 }: CheckStep,
  path: PropertyKey[],
): RunbookProblem[] {
  const [gap, span] = [milliseconds(every), milliseconds(within)]
  if (gap < 1_000) return [{ path: [...path, 'every'], message: 'must be at least 1s' }]
  if (consecutive > 1 && gap * (consecutive - 1) > span)
    return [{ path: [...path, 'within'], message: `is too short for ${consecutive} looks ${every} apart` }]
  return []
}

/** What an expression of this runbook may name. */
export function knownIn({ parameters = {} }: Runbook): Known {
  return { parameters: Object.keys(parameters) }
}

/** A channel is named as such, or as a contact that leads to one. */
export function channelProblems(
  { contacts = {} }: Runbook,
  name: string,
  { channels }: Surroundings,
  path: PropertyKey[],
): RunbookProblem[] {
  if (!channels || channelOf(name, contacts, channels) !== undefined) return []
  if (!Object.hasOwn(contacts, name))
    return misnamed('channel or contact', name, [...channels, ...Object.keys(contacts)], path)
  return [
    { path, message: `contact ${name} leads to no channel of the configuration; there is: ${channels.join(', ')}` },
  ]
}

/** The channel that a name stands for: one of the configuration, or that of a contact (`pagerduty:checkout` → checkout, else pagerduty). */
export function channelOf(
  name: string,
  contacts: Readonly<Record<string, string>>,
  channels: readonly string[],
): string | undefined {
  if (channels.includes(name)) return name
  const contact = Object.hasOwn(contacts, name) ? contacts[name] : undefined
  return [contact, contact?.split(':')[1], contact?.split(':')[0]].find(
    (word) => word !== undefined && channels.includes(word),
  )
}
