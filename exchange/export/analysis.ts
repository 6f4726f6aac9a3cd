import { stringify } from 'yaml'
import { milliseconds } from '../../model/duration.ts'
import type { Runbook } from '../../model/runbook/document.ts'
import { type Threshold, thresholds } from '../../model/threshold.ts'
import { sentence } from './parts.ts'
import { type Measured, playbookOf, type Part, type Series, type Surroundings } from './playbook.ts'
import { comment, identifier } from './quote.ts'
import { promql, queryOf } from './promql.ts'
import { written } from '../written.ts'

/** Small, and it has curl; pinned by version, to be replaced by a mirror of one's own. */
const CURL_IMAGE = 'curlimages/curl:8.11.1'

/**
 * The checks of a runbook as AnalysisTemplates of Argo Rollouts (1.8 or later, for consecutiveSuccessLimit), one per
 * check. No answer and NaN are inconclusive there as they are here. What a template can't measure is in the remarks.
 */
export function analysisOf(document: Runbook, surroundings: Surroundings): { text: string; remarks: string[] } {
  const playbook = playbookOf(document, surroundings)
  const remarks: string[] = []
  const several = playbook.procedures.length > 1
  const templates = playbook.procedures.flatMap(({ name, parts }) =>
    parts.flatMap((part) => {
      if (!part.check) return []
      const own = [playbook.name, ...(several ? [name] : []), part.id].join('-').slice(0, 63)
      const template = templateOf(part, part.check, own, {
        service: playbook.service,
        surroundings: {
          ...surroundings,
          ...(playbook.environment !== undefined && { environment: playbook.environment }),
        },
        remarks,
      })
      return template ? [template] : []
    }),
  )
  const told = [...new Set(remarks)]
  if (templates.length === 0) told.push('the runbook has no check that a template could measure')
  const head = [
    ...comment(`Checks of the runbook ${playbook.name}, for Argo Rollouts 1.8 or later.`),
    ...told.flatMap((remark) => comment(`Left out: ${remark}.`)),
  ]
  const documents = templates.map((template) => stringify(template, { lineWidth: 0 }))
  return { text: `${head.join('\n')}\n${documents.join('---\n')}`, remarks: told }
}

interface Making {
  service: string
  surroundings: Surroundings
  remarks: string[]
}

function templateOf(part: Part, series: Series, name: string, making: Making): object | undefined {
  const metrics = series.measurements.flatMap((one, index) => {
    const provider = providerOf(one, making)
    if ('refused' in provider) {
      making.remarks.push(`${part.id}: ${sentence(one)}: ${provider.refused}`)
      return []
    }
    return [{ name: `${identifier(one.kind).replaceAll('_', '-')}-${index + 1}`, ...limitsOf(series), ...provider }]
  })
  if (metrics.length === 0) return undefined
  const address = metrics.some(({ provider }) => 'prometheus' in provider)
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisTemplate',
    metadata: { name },
    spec: { ...(address && { args: [{ name: 'prometheus' }] }), metrics },
  }
}

/** So many measurements as fit into the time; a check without a failure limit ends by its time only. */
function limitsOf({ every, within, consecutive, warmUp, failureLimit, inconclusiveLimit }: Series): object {
  const count = Math.max(consecutive, Math.floor(within / every) + 1)
  return {
    interval: `${Math.max(1, Math.round(every / 1_000))}s`,
    count,
    ...(warmUp > 0 && { initialDelay: `${Math.ceil(warmUp / 1_000)}s` }),
    ...(consecutive > 1 && { consecutiveSuccessLimit: consecutive }),
    failureLimit: failureLimit ?? count - 1,
    inconclusiveLimit: inconclusiveLimit ?? count - 1,
  }
}

type Provided = { successCondition?: string; failureCondition?: string; provider: Record<string, unknown> }

function providerOf(one: Measured, { service, surroundings }: Making): Provided | { refused: string } {
  const { kind, fields } = one
  if (/\{\{/.test(JSON.stringify(fields))) return { refused: 'it depends on a parameter' }
  if (kind === 'prometheus') return prometheus(queryOf(fields, service, surroundings), fields)
  if (kind === 'pods') return { refused: 'a Rollout waits for its pods by itself' }
  if (kind !== 'http') return { refused: `Argo Rollouts has no measurement of kind ${kind}` }
  const origin = surroundings.connections?.[String(fields['http'])]?.origin
  if (origin === undefined) return { refused: `the address of the connection ${String(fields['http'])} is not known` }
  return { provider: { job: { spec: probe(`${origin}${written(fields['path'], '/')}`, fields) } } }
}

/** A metric that isn't there, or NaN, fulfils neither condition: Argo Rollouts calls that inconclusive. */
function prometheus(query: string, fields: Readonly<Record<string, unknown>>): Provided | { refused: string } {
  let bounds: Threshold[]
  try {
    bounds = thresholds(fields)
  } catch (error) {
    return { refused: error instanceof Error ? error.message : 'its bound is not readable' }
  }
  if (bounds.length === 0) return { refused: 'it states no bound (above, below, atLeast, atMost)' }
  const there = 'len(result) > 0 && !isNaN(result[0])'
  const holds = bounds.map(({ operator, value }) => `result[0] ${operator} ${value}`).join(' && ')
  return {
    successCondition: `${there} && ${holds}`,
    failureCondition: `${there} && !(${holds})`,
    provider: { prometheus: { address: '{{args.prometheus}}', query: promql(query) } },
  }
}

/** One request by curl: the web provider of Argo Rollouts takes JSON and 2xx only. Everything of the runbook reaches it as an environment variable. */
function probe(url: string, fields: Readonly<Record<string, unknown>>): object {
  const { status = 200, timeout, below, contains } = fields
  const statuses = [status].flat().map(String)
  const most = seconds(timeout) ?? 5
  const env = {
    URL: url,
    MOST: String(most),
    STATUSES: statuses.join(' '),
    CONTAINS: written(contains),
    LESS: String(seconds(below) ?? ''),
  }
  const container = {
    name: 'probe',
    image: CURL_IMAGE,
    command: ['/bin/sh', '-eu', '-c', PROBE],
    env: Object.entries(env).map(([name, value]) => ({ name, value: literal(value) })),
  }
  return {
    backoffLimit: 0,
    activeDeadlineSeconds: Math.ceil(most) + 30,
    template: { spec: { restartPolicy: 'Never', containers: [container] } },
  }
}

const PROBE = [
  'answer=$(curl -sS --max-time "$MOST" -w "\\n%{http_code} %{time_starttransfer}" "$URL") || exit 1',
  'last=$(printf "%s\\n" "$answer" | tail -n 1)',
  'case " $STATUSES " in *" ${last%% *} "*) ;; *) exit 1 ;; esac',
  'case $answer in *"$CONTAINS"*) ;; *) exit 1 ;; esac',
  '[ -z "$LESS" ] || awk -v took="${last#* }" -v less="$LESS" "BEGIN { exit !(took < less) }"',
].join('\n')

/** Seconds of a duration; undefined for what is none. */
function seconds(duration: unknown): number | undefined {
  const ms = typeof duration === 'string' ? milliseconds(duration) : Number.NaN
  return Number.isNaN(ms) ? undefined : ms / 1_000
}

/** Kubernetes puts other variables in place of `$(NAME)`, unless the dollar sign is doubled. */
function literal(value: string): string {
  return value.split('$(').join('$$(')
}
