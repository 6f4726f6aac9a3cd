import type { Api } from '../context.ts'
import type { Place } from '../schemas/parameters.ts'
import { bounded } from '../temporal/call.ts'

/** One that was started by hand, and those of a schedule, of which no two run at once. */
const AT_MOST = 10

/** The drills of a service that run now: by hand, or the schedule's, whose workflow ids end in a time. */
export async function runningDrills(
  api: Api,
  { environment, service }: Place,
): Promise<{ workflowId: string; runId: string }[]> {
  const conditions = ['WorkflowType = "drill"', 'ExecutionStatus = "Running"']
  const query = [...conditions, `UnwindEnvironment = "${environment}"`, `UnwindService = "${service}"`].join(' AND ')
  const { namespace } = api.client.options
  const { executions } = await bounded(api.client, () =>
    api.client.workflowService.listWorkflowExecutions({ namespace, query, pageSize: AT_MOST }),
  )
  return executions.map(({ execution, firstRunId }) => ({
    workflowId: execution?.workflowId ?? '',
    runId: firstRunId || (execution?.runId ?? ''),
  }))
}
