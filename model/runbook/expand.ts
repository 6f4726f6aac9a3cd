import { own, unknown } from '../compile.ts'
import { UnwindError } from '../errors.ts'
import { partsOf, type Reference, replaceReferences } from '../reference.ts'
import { embedExpression } from '../expression/index.ts'
import type { ParameterValue } from './compiled.ts'
import type { Runbook, RunbookStep } from './document.ts'
import { type Around, channelsOf, type LoadedRunbook } from './loaded.ts'
import { resolveParameters } from './parameters.ts'
import { type Placed, placedSteps, procedureNames, proceduresOf } from './placed.ts'
import { runbookProblems } from './problems.ts'
import { isSpread } from './spread.ts'
import { channelOf } from './step-problems.ts'
import { type EmbeddedStep, isEngineStep } from './steps.ts'
import { filled } from './templates.ts'
import { writtenPath } from './written-path.ts'

/** A step with its parameters filled in, those of embedded runbooks in the place of the step that embeds them. */
export interface Expanded {
  procedure: string
  id: string
  /** Where it is written, for errors: `procedures.app[2]`, `drain: steps[0]`. */
  at: string
  step: Exclude<RunbookStep, EmbeddedStep>
  group?: number
  when?: string
  /** What its document says that steps inherit in this environment. */
  inherited: Record<string, string>
  /** Where a step that changes something goes, if it doesn't say. */
  release?: ParameterValue
  /** The cluster that it is for, where it is written once for several. */
  cluster?: string
}

/** Runbooks within runbooks within runbooks: more is a mistake. */
const DEPTH_LIMIT = 5

/** The steps of one procedure. Throws INVALID_REQUEST for runbooks that embed each other, and FORBIDDEN for unreviewed ones. */
export function expand(
  loaded: LoadedRunbook,
  procedure: string,
  environment: string,
  parameters: Record<string, ParameterValue>,
  around: Around,
): Expanded[] {
  const outer: Outer = { environment, parameters, around, trail: [loaded.runbook.metadata.name], rename: (id) => id }
  let [groups, last] = [0, '']
  return inside(loaded.runbook, procedure, outer).map(({ group, ...step }) => {
    if (group !== undefined && group !== last) groups += 1
    last = group ?? ''
    return { ...step, procedure, ...(group !== undefined && { group: groups }) }
  })
}

interface Outer {
  environment: string
  parameters: Record<string, ParameterValue>
  around: Around
  /** Names of the runbooks around this one, itself last. */
  trail: string[]
  rename: (id: string) => string
  when?: string
  release?: ParameterValue
}

type Inside = Omit<Expanded, 'procedure' | 'group'> & { group?: string }

function inside(runbook: Runbook, procedure: string, outer: Outer): Inside[] {
  const { parameters, trail, rename, environment } = outer
  const released = Object.keys(runbook.parameters ?? {}).find((name) => runbook.parameters?.[name]?.type === 'release')
  const release = released === undefined ? outer.release : parameters[released]
  refuseNowhere(runbook, outer)
  const steps = placedSteps(runbook, (cluster) => isThere(cluster, outer)).filter(
    (placed) => placed.procedure === procedure,
  )
  return steps.flatMap((placed) => {
    const step = filled(placed.step, parameters) as RunbookStep
    const when = conditionOf(placed, outer)
    const within = { ...outer, ...(when !== undefined && { when }), ...(release !== undefined && { release }) }
    if (isEngineStep(step) && step.kind === 'runbook') return embedded(step, placed, within)
    return {
      id: rename(placed.id),
      at: `${trail.length > 1 ? `${trail.at(-1)}: ` : ''}${writtenPath(placed.path)}`,
      step: replaceReferences(settled(step, runbook, outer), renamed(rename)),
      ...(placed.group !== undefined && { group: `${trail.length}/${rename('')}/${placed.group}` }),
      ...(when !== undefined && { when }),
      inherited: { ...runbook.environments?.[environment], ...(placed.cluster && { cluster: placed.cluster }) },
      ...(placed.cluster !== undefined && { cluster: placed.cluster }),
      ...(release !== undefined && { release }),
    }
  })
}

/** Of clusters that are known, those of other environments are left out; what is not known is an error later on. */
function isThere(cluster: string, { around, environment }: Outer): boolean {
  const connection = own(around.configuration.connections, cluster)
  return connection === undefined || connection.environment === environment
}

function refuseNowhere(runbook: Runbook, outer: Outer): void {
  const entries = proceduresOf(runbook).flatMap(([, all]) => all)
  const nowhere = entries.find((entry) => isSpread(entry) && !entry.clusters.some((name) => isThere(name, outer)))
  if (nowhere && isSpread(nowhere))
    throw new UnwindError(
      'INVALID_REQUEST',
      `none of the clusters ${nowhere.clusters.join(', ')} belongs to ${outer.environment}; name one that does`,
    )
}

/** The steps of an embedded runbook, called `<step>.<step>`; its condition is theirs. */
function embedded(step: EmbeddedStep, placed: Placed, outer: Outer): Inside[] {
  const { around, trail, environment } = outer
  const at = writtenPath(placed.path)
  const other = around.others?.get(step.runbook)
  if (!other) throw unknown(`${at}.runbook: runbook`, step.runbook, [...(around.others?.keys() ?? [])])
  if (trail.includes(step.runbook) || trail.length >= DEPTH_LIMIT)
    throw new UnwindError(
      'INVALID_REQUEST',
      `${at}: runbooks embed each other: ${[...trail, step.runbook].join(' → ')}`,
    )
  refuseInside(other, at, environment, around)
  const names = procedureNames(other.runbook)
  const procedure = step.procedure ?? (names.length === 1 ? names[0] : undefined)
  if (procedure === undefined)
    throw new UnwindError('INVALID_REQUEST', `${at} needs a procedure; ${step.runbook} has: ${names.join(', ')}`)
  if (!names.includes(procedure)) throw unknown(`${at}.procedure: procedure`, procedure, names)
  const parameters = resolveParameters(other.runbook.parameters ?? {}, {
    ...releaseFor(other.runbook, outer.release),
    ...step.parameters,
  })
  const rename = (id: string) => `${outer.rename(placed.id)}.${id}`
  return inside(other.runbook, procedure, { ...outer, parameters, trail: [...trail, step.runbook], rename })
}

function refuseInside(other: LoadedRunbook, at: string, environment: string, { configuration, others }: Around): void {
  const { metadata, environments } = other.runbook
  const surroundings = { runbooks: [...(others?.keys() ?? [])], channels: channelsOf(configuration) }
  const [problem] = runbookProblems(other.runbook, surroundings)
  if (problem)
    throw new UnwindError('INVALID_REQUEST', `${metadata.name}: ${writtenPath(problem.path)}: ${problem.message}`)
  if (environments && !Object.hasOwn(environments, environment))
    throw unknown(
      `${at}: ${metadata.name} does not run everywhere: environment`,
      environment,
      Object.keys(environments),
    )
  if (configuration.environments[environment]?.protected && !other.reviewed)
    throw new UnwindError(
      'FORBIDDEN',
      `${at}: ${environment} is protected and runbook ${metadata.name} (revision ${other.revision}) is not reviewed; ` +
        'have it merged in the repository that is configured, or add its revision to runbooks.reviewed',
    )
}

/** The release of the runbook around, under the name that this one has for it. */
function releaseFor({ parameters = {} }: Runbook, release: ParameterValue | undefined): Record<string, ParameterValue> {
  const name = Object.keys(parameters).find((key) => parameters[key]?.type === 'release')
  return name === undefined || release === undefined ? {} : { [name]: release }
}

/** The step's own condition and that of the runbook step around it. */
function conditionOf({ step }: Placed, { trail, parameters, rename, when: around }: Outer): string | undefined {
  if (step.when === undefined) return around
  const own = trail.length > 1 ? embedExpression(step.when, parameters, rename) : step.when
  return around === undefined ? own : `(${around}) && (${own})`
}

function renamed(rename: (id: string) => string): (reference: Reference) => Reference {
  return (reference) => {
    const { step, field } = partsOf(reference)
    return { ref: `${rename(step)}.${field}` }
  }
}

/** A check by the new names of what it measures, a message by the channels that its runbook's contacts lead to. */
function settled(step: Exclude<RunbookStep, EmbeddedStep>, { contacts = {} }: Runbook, outer: Outer): Expanded['step'] {
  if (!isEngineStep(step)) return step
  if (step.kind === 'notify') {
    const known = channelsOf(outer.around.configuration)
    return { ...step, channels: step.channels.map((name) => channelOf(name, contacts, known) ?? name) }
  }
  if (step.kind !== 'check') return step
  const { rename } = outer
  const all = step.all.map((each) => (typeof each['of'] === 'string' ? { ...each, of: rename(each['of']) } : each))
  return { ...step, all }
}
