/** Names that become part of a workflow id, a URL and a lock: lower case letters, digits, dot, dash, at most 63. */
export const NAME_PATTERN = /^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/

/** The workflow id of a service's rollback. It is the service's lock: Temporal runs one workflow per id. */
export function rollbackId(environment: string, service: string): string {
  return `rollback/${environment}/${service}`
}

/** The workflow id of a service's drill. It is not the service's lock: a rollback may begin while a drill runs. */
export function drillId(environment: string, service: string): string {
  return `drill/${environment}/${service}`
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

/** The workflow id of what is known of a service: its releases, its lock, what triggers did. */
export function serviceId(environment: string, service: string): string {
  return `service/${environment}/${service}`
}

/** The workflow id of what all services of an environment share. */
export function fleetId(environment: string): string {
  return `fleet/${environment}`
}

/** The workflow id of one proposal. Its id names the episode, so that one episode has one proposal. */
export function proposalId({ environment, service, id }: { environment: string; service: string; id: string }): string {
  return `proposal/${environment}/${service}/${id}`
}

/** The workflow id of a trigger's own durable watch. */
export function watchId(environment: string, runbook: string, trigger: string): string {
  return `watch/${environment}/${runbook}/${trigger}`
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
