import { z } from 'zod'
import { UnwindError } from '../../model/errors.ts'
import { Name } from '../../model/step.ts'

/** What a button of ours carries: which run, and which plan was looked at. */
const Value = z.strictObject({
  environment: Name,
  service: Name,
  run: z.string().min(1).max(100),
  planDigest: z.string().regex(/^[0-9a-f]{64}$/),
  stepId: z.string().min(1).max(255).optional(),
})

const Payload = z.object({
  type: z.literal('block_actions'),
  user: z.object({ id: z.string().max(40) }),
  response_url: z.url().max(500).optional(),
  actions: z
    .array(
      z.object({
        action_id: z.enum(['unwind_approve', 'unwind_reject']),
        value: z.string().max(2_000),
        action_ts: z.string().max(40),
      }),
    )
    .min(1)
    .max(1),
})

/** One press of a button in a message of ours. */
export interface Press extends z.infer<typeof Value> {
  decision: 'approve' | 'reject'
  /** Slack's id of who pressed. */
  user: string
  /** The same press has the same key, however often Slack sends it. */
  key: string
  responseUrl?: string
}

/** Reads a press from the form that Slack sends; undefined for an interaction that is none of ours. Throws INVALID_REQUEST. */
export function pressOf(body: string): Press | undefined {
  const payload = json(new URLSearchParams(body).get('payload') ?? '')
  if (!isOurs(payload)) return undefined
  const read = Payload.safeParse(payload)
  const action = read.data?.actions[0]
  const value = action && Value.safeParse(json(action.value))
  if (!read.success || !action || !value?.success)
    throw new UnwindError('INVALID_REQUEST', 'the press of a button is not as Slack sends it; see the app’s version')
  const { user, response_url: responseUrl } = read.data
  return {
    ...value.data,
    decision: action.action_id === 'unwind_approve' ? 'approve' : 'reject',
    user: user.id,
    key: `slack ${user.id} ${action.action_ts}`,
    ...(responseUrl !== undefined && { responseUrl }),
  }
}

/** Other apps' interactions, and links that are buttons, need an answer and nothing else. */
function isOurs(payload: unknown): boolean {
  const { actions } = (payload ?? {}) as { actions?: { action_id?: unknown }[] }
  return Array.isArray(actions) && actions.some((action) => String(action?.action_id).startsWith('unwind_'))
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
