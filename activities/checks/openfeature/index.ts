import type { OpenFeatureConnection } from '../../../model/connections/openfeature.ts'
import { UnwindError } from '../../../model/errors.ts'
import { type Check, defineCheck, type MeasureContext } from '../../../model/measurement.ts'
import type { Verdict } from '../../../model/target.ts'
import { openLine } from '../../origin/line.ts'
import type { Lookup } from '../../origin/resolve.ts'
import { plain } from '../query/given.ts'
import { type Evaluation, readEvaluation, type Value } from './evaluate.ts'
import { OpenFeatureMeasurement } from './schema.ts'

/** Reasons that a rule of the provider has decided by; ERROR, STALE, CACHED and UNKNOWN are none of them. */
const DECIDED = new Set(['STATIC', 'DEFAULT', 'TARGETING_MATCH', 'SPLIT', 'DISABLED'])

/** Measures what a flag is evaluated to, in each context. */
export const openFeature = openFeatureCheck()

/** The same with another resolver. */
export function openFeatureCheck(find?: Lookup): Check<typeof OpenFeatureMeasurement, OpenFeatureConnection> {
  return defineCheck({
    schema: OpenFeatureMeasurement,
    measure: async (measurement, context) => {
      const { openfeature: key, is, contexts, timeout } = measurement
      const server = open(measurement, context)
      const place = `${server.name} ${key}`
      const tokenHeader = server.entry.token === 'api-key' ? 'x-api-key' : undefined
      const opening = { place, system: 'the provider', timeout, signal: context.signal, tokenHeader, find }
      const line = await openLine(server, opening)
      const path = `/ofrep/v1/evaluate/flags/${encodeURIComponent(key)}`
      // The default is the opposite of what is wanted: what was not evaluated can't look like success.
      const evaluate = async (one: object) =>
        readEvaluation(await line.ask(path, {}, { context: one }), key, opposite(is), place)
      return judged(measurement, await Promise.all(contexts.map(evaluate)), server.name)
    },
  })
}

function open(
  { provider: name = 'openfeature' }: OpenFeatureMeasurement,
  context: MeasureContext<OpenFeatureConnection>,
) {
  const { connection } = context
  if (connection?.entry.kind === 'openfeature') return connection
  throw new UnwindError('CONFIGURATION_INVALID', `connection ${name} is not of kind openfeature; correct unwind.yaml`)
}

function opposite(wanted: Value): Value {
  if (typeof wanted === 'boolean') return !wanted
  return typeof wanted === 'number' ? wanted + 1 : `not ${wanted}`
}

/** The worst context is the flag's: a wrong value fails, one that no rule has decided is inconclusive. */
function judged(
  { openfeature: key, is, contexts }: OpenFeatureMeasurement,
  found: Evaluation[],
  name: string,
): Verdict {
  const statuses = found.map(({ value, reason, because }): Verdict['status'] => {
    if (because !== undefined || !DECIDED.has(reason)) return 'inconclusive'
    return value === is ? 'pass' : 'fail'
  })
  const status = WORST_FIRST.find((worst) => statuses.includes(worst)) ?? 'inconclusive'
  const at = statuses.indexOf(status)
  const words = found[at] ? wordsOf(found[at]) : 'not evaluated'
  const one = contexts.length === 1
  const where = one ? '' : status === 'pass' ? ` in all ${contexts.length} contexts` : ` for ${labelOf(contexts[at])}`
  const evaluations = found.map(({ value, reason, variant }, index) => ({
    ...{ context: labelOf(contexts[index]), value: written(value), reason: plain(reason) },
    ...(variant !== undefined && { variant: plain(variant).slice(0, 60) }),
  }))
  const wanted = status === 'fail' ? `, wanted ${JSON.stringify(is)}` : ''
  return {
    status,
    evidence: { summary: `${key}: ${words}${where}${wanted}`, facts: { connection: name, flag: key, evaluations } },
  }
}

const WORST_FIRST: readonly Verdict['status'][] = ['fail', 'inconclusive', 'pass']

function wordsOf({ value, reason, variant, because }: Evaluation): string {
  if (because !== undefined) return `${because} (${plain(reason)})`
  const which = variant === undefined ? '' : `, variant ${plain(variant).slice(0, 60)}`
  const undecided = DECIDED.has(reason) ? '' : ', which proves nothing'
  return `${written(value)} (${plain(reason)}${which})${undecided}`
}

/** A flag's value may be anything, and long. */
function written(value: unknown): string {
  return typeof value === 'object' ? 'an object' : plain(JSON.stringify(value) ?? 'nothing').slice(0, 60)
}

/** A context by its targeting key, which may be a person's: only what the runbook itself says is shown. */
function labelOf(context: Record<string, Value> = {}): string {
  return String(context['targetingKey'] ?? Object.values(context)[0] ?? 'anybody').slice(0, 60)
}
