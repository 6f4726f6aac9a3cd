import { OUTCOMES, PHASES } from '../../model/run.ts'
import type { Api } from '../context.ts'
import { bounded } from '../temporal/call.ts'
import type { Family } from './text.ts'

/** Several scrapers and impatient ones cost Temporal one round of counting in that time. Milliseconds. */
const FRESH = 10_000
const COUNT_LIMIT = 2_000

const OPEN = PHASES.filter((phase) => phase !== 'ended')

/** How many rollbacks there are in each phase, and with each outcome as long as Temporal remembers them. */
export function rollbackCounts(api: Api): (visible: readonly string[]) => Promise<Family[]> {
  const counted = new Map<string, { at: number; families: Promise<Family[]> }>()
  return (visible) => {
    const key = visible.toSorted().join(' ')
    const kept = counted.get(key)
    if (kept && Date.now() - kept.at <= FRESH) return kept.families
    const families = count(api, visible)
    counted.set(key, { at: Date.now(), families })
    return families
  }
}

async function count(api: Api, visible: readonly string[]): Promise<Family[]> {
  const names = visible.map((name) => `"${name}"`).join(', ')
  const where = visible.includes('*') ? [] : [`UnwindEnvironment IN (${names})`]
  const open = await Promise.all(OPEN.map((phase) => one(api, phase, [...where, 'ExecutionStatus = "Running"']))).catch(
    () => undefined,
  )
  const ended = await Promise.all(OUTCOMES.map((outcome) => one(api, outcome, where))).catch(() => undefined)
  const up = open && ended
  const gauge = 'gauge' as const
  const connected = { name: 'unwind_temporal_up', help: 'Whether Temporal answered this scrape.', type: gauge }
  if (!up) return [{ ...connected, samples: [{ value: 0 }] }]
  return [
    { ...connected, samples: [{ value: 1 }] },
    {
      name: 'unwind_rollbacks',
      help: 'Rollbacks on record in Temporal by phase, those that have ended by outcome.',
      type: gauge,
      samples: [...open, ...ended].map(({ status, value }) => ({ labels: { status }, value })),
    },
    {
      name: 'unwind_rollbacks_open',
      help: 'Rollbacks that have not ended.',
      type: gauge,
      samples: [{ value: open.reduce((sum, { value }) => sum + value, 0) }],
    },
  ]
}

async function one(api: Api, status: string, where: readonly string[]): Promise<{ status: string; value: number }> {
  const { namespace } = api.client.options
  const conditions = ['WorkflowType = "rollback"', `UnwindStatus = "${status}"`, 'ExecutionStatus != "ContinuedAsNew"']
  const query = [...conditions, ...where].join(' AND ')
  const ask = () => api.client.workflowService.countWorkflowExecutions({ namespace, query })
  return { status, value: Number((await bounded(api.client, ask, COUNT_LIMIT)).count) }
}
