import { defineSearchAttributeKey } from '@temporalio/common'
import { fleetId, serviceId } from '../../model/ids.ts'

/** With what a service or a fleet begins to exist. */
export function startOf(
  type: 'service' | 'fleet',
  { environment, service }: { environment: string; service: string },
  taskQueue: string,
) {
  const keyword = (name: string, value: string) => ({ key: defineSearchAttributeKey(name, 'KEYWORD'), value })
  const common = { taskQueue, workflowIdConflictPolicy: 'USE_EXISTING' as const }
  if (type === 'fleet')
    return {
      ...common,
      workflowId: fleetId(environment),
      args: [{ format: 1, environment }],
      typedSearchAttributes: [keyword('UnwindEnvironment', environment)],
      staticSummary: `What all services of ${environment} share`,
    }
  return {
    ...common,
    workflowId: serviceId(environment, service),
    args: [{ format: 1, environment, service }],
    typedSearchAttributes: [keyword('UnwindService', service), keyword('UnwindEnvironment', environment)],
    staticSummary: `Releases and lock of ${service} in ${environment}`,
  }
}
