import { milliseconds } from '../../model/duration.ts'
import type { Runbook } from '../../model/runbook/document.ts'
import { type Placed, placedSteps, procedureNames } from '../../model/runbook/placed.ts'
import type { Measured, Part, Series } from './playbook.ts'
import { written } from '../written.ts'

/** The procedures of a document with their steps, each with what the environment gives it. */
export function proceduresOf(document: Runbook, environment: Readonly<Record<string, string>>): Procedure[] {
  const all = placedSteps(document)
  const release = Object.entries(document.parameters ?? {}).find(([, { type }]) => type === 'release')?.[0]
  return procedureNames(document).map((name) => ({
    name,
    parts: all
      .filter(({ procedure }) => procedure === name)
      .map((placed) => ({
        ...partOf(placed, { environment, release }),
        ...(placed.group !== undefined && { group: placed.group }),
      })),
  }))
}

/** Kinds of steps that move no system. */
export const ENGINE: readonly string[] = ['check', 'wait', 'manual', 'approve', 'notify', 'runbook']

interface Procedure {
  name: string
  parts: Part[]
}

interface Given {
  environment: Readonly<Record<string, string>>
  /** The parameter that every step which moves a system goes to. */
  release: string | undefined
}

function partOf({ id, step, cluster }: Placed, { environment, release }: Given): Part {
  const {
    id: _id,
    when,
    optional,
    timeout,
    retry: _retry,
    onFailure: _onFailure,
    ...own
  } = step as Record<string, unknown>
  const { kind } = step
  const moves = !ENGINE.includes(kind)
  const towards = moves && release !== undefined ? { to: `{{ parameters.${release} }}` } : {}
  const fields = { ...(moves && environment), ...(moves && cluster && { cluster }), ...towards, ...own }
  return {
    ...{ id, kind },
    title: cluster === undefined ? titleOf(fields) : `${cluster}: ${titleOf(fields)}`,
    fields,
    optional: optional === true,
    ...(typeof when === 'string' && { when }),
    ...(typeof timeout === 'string' && isDuration(timeout) && { timeout: milliseconds(timeout) }),
    ...(kind === 'check' && { check: seriesOf(step as Record<string, unknown>) }),
  }
}

function titleOf(fields: Readonly<Record<string, unknown>>): string {
  const { kind, workload, to, text, for: wait, channels, runbook, all } = fields
  if (typeof workload === 'string') return `${workload} → ${written(to, 'last-good')}`
  if (kind === 'notify' && Array.isArray(channels)) return `Tell ${channels.join(', ')}: ${String(text)}`
  if (typeof text === 'string') return text
  if (kind === 'wait') return `Wait ${String(wait)}`
  if (kind === 'check' && Array.isArray(all)) return all.map((one) => sentence(measured(one))).join('; ')
  return kind === 'runbook' ? `Runbook ${String(runbook)}` : `Step of kind ${String(kind)}`
}

/** The defaults are those of the document's schema. */
function seriesOf(step: Record<string, unknown>): Series {
  const time = (name: string, otherwise: number) => {
    const value = step[name]
    return typeof value === 'string' && isDuration(value) ? milliseconds(value) : otherwise
  }
  const number = (name: string) => (typeof step[name] === 'number' ? { [name]: step[name] } : {})
  const all: unknown[] = Array.isArray(step['all']) ? step['all'] : []
  return {
    every: Math.max(1_000, time('every', 15_000)),
    within: time('within', 300_000),
    consecutive: 1,
    warmUp: time('warmUp', 0),
    ...number('consecutive'),
    ...number('failureLimit'),
    ...number('inconclusiveLimit'),
    measurements: all.map(measured),
  }
}

/** Not a template: what a parameter says is known when the runbook runs. */
function isDuration(text: string): boolean {
  return !Number.isNaN(milliseconds(text))
}

/** Words that never name the kind of a measurement. */
const BESIDE = [
  ...['path', 'status', 'contains', 'below', 'above', 'of', 'timeout', 'for', 'atLeast', 'atMost'],
  ...['window', 'version', 'server'],
]

function measured(written: unknown): Measured {
  const fields = (written ?? {}) as Readonly<Record<string, unknown>>
  return { kind: Object.keys(fields).find((key) => !BESIDE.includes(key)) ?? 'unknown', fields }
}

/** A measurement as a person reads it: `http checkout-health, path /healthz, status 200`. */
export function sentence({ kind, fields }: Measured): string {
  const rest = Object.entries(fields).filter(([key]) => key !== kind)
  const written = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))
  return [[kind, fields[kind]] as const, ...rest].map(([key, value]) => `${key} ${written(value)}`).join(', ')
}
