import { stringify } from 'yaml'
import type { Runbook } from '../../model/runbook/document.ts'
import { thresholds } from '../../model/threshold.ts'
import type { Surroundings } from './playbook.ts'
import { comment, plain } from './quote.ts'
import { literalPattern, promql, queryOf } from './promql.ts'

/**
 * The triggers of a runbook as Prometheus alerting rules, one group per environment, with labels by which Unwind knows
 * the runbook again. A trigger that only matches an alert of yours, or measures what Prometheus can't, is named in the
 * remarks and at the head of the file.
 */
export function rulesOf(
  document: Runbook,
  { environment, connections = {} }: Surroundings,
): { text: string; remarks: string[] } {
  const { name } = document.metadata
  const environments = environment === undefined ? Object.keys(document.environments ?? {}) : [environment]
  const remarks: string[] = []
  const groups = (environments.length > 0 ? environments : [undefined]).map((place) => ({
    name: ['unwind', name, ...(place === undefined ? [] : [place])].join('-'),
    rules: (document.triggers ?? []).flatMap((trigger) => {
      const made = ruleOf(document, trigger, { connections, ...(place !== undefined && { environment: place }) })
      if ('refused' in made) remarks.push(`trigger ${trigger.id}: ${made.refused}`)
      return 'refused' in made ? [] : [made]
    }),
  }))
  const told = [...new Set(remarks)]
  const head = [
    ...comment(`Alerts that propose the runbook ${name}. Durations are compared in seconds, per cent as fractions.`),
    ...told.flatMap((remark) => comment(`Left out: ${remark}.`)),
  ]
  const written = { groups: groups.filter(({ rules }) => rules.length > 0) }
  return { text: `${head.join('\n')}\n${stringify(written, { lineWidth: 0 })}`, remarks: told }
}

type Trigger = NonNullable<Runbook['triggers']>[number]
type Around = Pick<Surroundings, 'environment' | 'connections'>

interface Rule {
  alert: string
  expr: string
  for?: string
  labels: Record<string, string>
  annotations: Record<string, string>
}

function ruleOf(document: Runbook, trigger: Trigger, around: Around): Rule | { refused: string } {
  const { name, service } = document.metadata
  const { environment } = around
  if (!trigger.check) return { refused: 'it matches an alert that rules of yours define' }
  const expression = expressionOf(document, trigger.check, around)
  if (typeof expression !== 'string') return expression
  const held = trigger.check['for']
  const labels = { unwind_runbook: name, unwind_trigger: trigger.id, service }
  return {
    alert: `Unwind_${name}_${trigger.id}`.replace(/[^A-Za-z0-9_]/g, '_'),
    expr: expression,
    ...(typeof held === 'string' && { for: held }),
    labels: { ...labels, ...(environment !== undefined && { environment }) },
    annotations: { summary: `${trigger.id} of ${service}: the runbook ${name} may help`, runbook: name },
  }
}

function expressionOf(
  document: Runbook,
  check: NonNullable<Trigger['check']>,
  around: Around,
): string | { refused: string } {
  const bounds = bounded(check)
  if ('refused' in bounds) return bounds
  if (typeof check['prometheus'] === 'string') {
    if (bounds.length === 0) return { refused: 'it states no bound (above, below, atLeast, atMost)' }
    const query = promql(plain(queryOf(check, document.metadata.service, around)))
    return bounds.map(({ operator, value }) => `${query} ${operator} ${value}`).join(' and ')
  }
  if (typeof check['crashing'] === 'string') return crashing(check['crashing'], check['namespace'], bounds)
  const kind = Object.keys(check)[0] ?? 'nothing'
  return { refused: `Prometheus can't measure ${kind}; Unwind does` }
}

function bounded(check: NonNullable<Trigger['check']>): ReturnType<typeof thresholds> | { refused: string } {
  try {
    return thresholds(check)
  } catch (error) {
    return { refused: error instanceof Error ? error.message : 'its bound is not readable' }
  }
}

/** What follows the workload's name in the names of its pods. */
const ENDINGS = { deployment: '[a-z0-9]+-[a-z0-9]{5}', statefulset: '[0-9]+', daemonset: '[a-z0-9]{5}' }

/** Pods of a workload in a crash loop, as kube-state-metrics tells them. */
function crashing(
  workload: string,
  namespace: unknown,
  bounds: ReturnType<typeof thresholds>,
): string | { refused: string } {
  if (/\{\{/.test(`${workload}${String(namespace)}`)) return { refused: 'its workload depends on a parameter' }
  const [kind = '', name = ''] = workload.split('/')
  const ending = ENDINGS[kind.replace(/s$/, '') as keyof typeof ENDINGS]
  const pods = `pod=~"${literalPattern(name)}-${ending}"`
  const place = typeof namespace === 'string' ? [`namespace="${literalPattern(namespace)}"`] : []
  const selector = ['reason="CrashLoopBackOff"', ...place, pods].join(', ')
  const [{ operator, value } = { operator: '>=', value: 1 }] = bounds
  return `count(kube_pod_container_status_waiting_reason{${selector}} == 1) ${operator} ${value}`
}
