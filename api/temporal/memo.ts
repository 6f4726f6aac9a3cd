import type { Actor } from '../../model/policy.ts'

/** What a rollback is started with beside its input: readable without a worker, and what a repeated request is known by. */
export interface RequestMemo {
  request?: { key?: string; body: string }
  startedBy?: Actor
  reason?: string
  incident?: string
  runbook?: string
}

/** Reads a memo that others could have written too: whatever has not our form counts as absent. */
export function readRequestMemo(memo: Record<string, unknown> | undefined): RequestMemo {
  const request = record(memo?.['request'])
  const startedBy = record(memo?.['startedBy'])
  const { reason, incident, runbook } = memo ?? {}
  return {
    ...(request &&
      typeof request['body'] === 'string' && {
        request: { body: request['body'], ...(typeof request['key'] === 'string' && { key: request['key'] }) },
      }),
    ...(startedBy &&
      typeof startedBy['subject'] === 'string' && {
        startedBy: {
          subject: startedBy['subject'],
          groups: Array.isArray(startedBy['groups']) ? startedBy['groups'].map(String) : [],
        },
      }),
    ...(typeof reason === 'string' && { reason }),
    ...(typeof incident === 'string' && { incident }),
    ...(typeof runbook === 'string' && { runbook }),
  }
}

function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
}
