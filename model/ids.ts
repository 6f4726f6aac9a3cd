/** Names that become part of a workflow id, a URL and a lock: lower case letters, digits, dot, dash, at most 63. */
export const NAME_PATTERN = /^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/

/** The workflow id of a service's rollback. It is the service's lock: Temporal runs one workflow per id. */
export function rollbackId(environment: string, service: string): string {
  return `rollback/${environment}/${service}`
}

/** The workflow id that stands for one object, whatever name it was asked under. */
export function lockId(object: string): string {
  return `lock/${object}`
}

/** Environment and service of a rollback's workflow id; undefined for any other workflow. */
export function parseRollbackId(id: string): { environment: string; service: string } | undefined {
  const [prefix, environment, service, ...rest] = id.split('/')
  if (prefix !== 'rollback' || !environment || !service || rest.length > 0) return undefined
  return { environment, service }
}

/** The workflow id of what a rollback left owed, by the rollback's run id. */
export function followupId(runId: string): string {
  return `followup/${runId}`
}

/** Task queue that a worker polls unless its configuration names another. */
export const TASK_QUEUE = 'unwind'

/** Search attributes that Unwind sets on every rollback; all are keywords, none is ever secret. */
export const SEARCH_ATTRIBUTES = [
  'UnwindService',
  'UnwindEnvironment',
  'UnwindStatus',
  'UnwindRunbook',
  'UnwindIncident',
  'UnwindRequest',
] as const
