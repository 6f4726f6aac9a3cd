import type { Runbook } from '../../model/runbook/document.ts'
import type { Branch, ChecklistItem, Communicate, ParameterValue } from '../../model/runbook/compiled.ts'
import { proceduresOf } from './parts.ts'

/** What is known beside the document; whatever is missing is asked of a person by what is exported. */
export interface Surroundings {
  /** The environment to export for. Default: the only one. */
  environment?: string
  /** Connections by name: `origin` of kind http, `server` of kind kubernetes, `queries` of kind prometheus. */
  connections?: Readonly<Record<string, Connected>>
  /** Where a step goes exactly, by its id, as the plan of a recorded release says. */
  exact?: Readonly<Record<string, Exact>>
  /** sha256 of the canonical JSON of the document. */
  revision?: string
}

/** As much of a connection of the configuration as an export names. */
export interface Connected {
  kind: string
  environment?: string
  origin?: string
  server?: string
  /** PromQL is a text; what Grafana passes on to other data sources may be none. */
  queries?: Readonly<Record<string, { query: unknown; window: string }>>
}

/** One revision of a workload. What keeps it says it best: numbers move with every rollback. */
export interface Exact {
  replicaSet?: string
  /** Of a StatefulSet or DaemonSet. */
  controllerRevision?: string
  revision?: number
}

/** A runbook for one environment, as it is carried out by hand. */
export interface Playbook {
  name: string
  service: string
  environment?: string
  description?: string
  owner?: string
  revision?: string
  contacts: Record<string, string>
  parameters: Parameter[]
  questions: { id: string; question: string; evidence?: string; onYes: Branch; onNo: Branch }[]
  procedures: { name: string; parts: Part[] }[]
  approvals: { min: number; groups: readonly string[]; when?: string }[]
  communicate: Communicate
  checklist: ChecklistItem[]
}

export interface Parameter {
  name: string
  release: boolean
  default?: ParameterValue
  description?: string
}

/** One step with what its environment gives it; texts may hold `{{ parameters.x }}`. Milliseconds. */
export interface Part {
  id: string
  kind: string
  title: string
  fields: Readonly<Record<string, unknown>>
  optional: boolean
  when?: string
  timeout?: number
  /** Parts next to each other with the same number belong together: Unwind carries them out at the same time. */
  group?: number
  check?: Series
}

/** How a check is judged. Milliseconds. */
export interface Series {
  every: number
  within: number
  consecutive: number
  warmUp: number
  failureLimit?: number
  inconclusiveLimit?: number
  measurements: Measured[]
}

export interface Measured {
  kind: string
  fields: Readonly<Record<string, unknown>>
}

/** The runbook of a document for one environment. Throws RangeError when that environment is not one of its own. */
export function playbookOf(document: Runbook, surroundings: Surroundings = {}): Playbook {
  const { metadata, environments = {}, contacts, parameters, decision, policy, communicate, checklist } = document
  const names = Object.keys(environments)
  const environment = surroundings.environment ?? (names.length === 1 ? names[0] : undefined)
  if (environment !== undefined && names.length > 0 && !names.includes(environment))
    throw new RangeError(`${metadata.name} has no environment ${environment}; there is: ${names.join(', ')}`)
  return {
    name: metadata.name,
    service: metadata.service,
    ...(environment !== undefined && { environment }),
    ...(metadata.description !== undefined && { description: metadata.description }),
    ...(metadata.owner !== undefined && { owner: metadata.owner }),
    ...(surroundings.revision !== undefined && { revision: surroundings.revision }),
    contacts: contacts ?? {},
    parameters: Object.entries(parameters ?? {}).map(([name, { type, default: value, description }]) => ({
      name,
      release: type === 'release',
      ...(value !== undefined && { default: value }),
      ...(description !== undefined && { description }),
    })),
    questions: (decision ?? []).map(({ evidence, ...rest }) => ({
      ...rest,
      ...(evidence !== undefined && { evidence }),
    })),
    procedures: proceduresOf(document, environment === undefined ? {} : (environments[environment] ?? {})),
    approvals: (policy?.approvals ?? []).map(({ min, groups, when }) => ({
      ...{ min, groups },
      ...(when !== undefined && { when }),
    })),
    communicate: stated(communicate ?? {}),
    checklist: (checklist ?? []).map(({ ticks, ...item }) => ({ ...item, ...(ticks && { ticks }) })),
  }
}

/** Without the entries that are undefined. */
function stated({ started, needsPerson, finished, ticket }: NonNullable<Runbook['communicate']>): Communicate {
  return {
    ...(started && { started }),
    ...(needsPerson && { needsPerson }),
    ...(finished && { finished }),
    ...(ticket && { ticket }),
  }
}
