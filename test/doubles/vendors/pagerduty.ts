import { contractOf, documented, list, object, oneOf, text } from '../contract.ts'
import { type Double, startDouble } from '../double.ts'

interface Alert {
  dedup: string
  status: 'triggered' | 'acknowledged' | 'resolved'
  summary: string
}

/** PagerDuty's Events API v2 and the part of its REST API that says who is on call. */
export interface PagerDuty extends Double {
  alerts: Alert[]
  /** E-mail addresses, by schedule. */
  oncall: Record<string, string[]>
}

const ROUTING = 'R0000000000000000000000000000000'
const payload = object(
  { summary: text(1_024), source: text(), severity: oneOf('critical', 'error', 'warning', 'info') },
  { component: text(), group: text(), class: text(), custom_details: { type: 'object' }, timestamp: text() },
)
const event = { routing_key: text(), dedup_key: text(255) }
/** https://developer.pagerduty.com/docs/send-alert-event and https://developer.pagerduty.com/api-reference/list-all-of-the-on-calls */
const description = documented({
  'POST /v2/enqueue': {
    body: {
      oneOf: [
        object(
          { ...event, event_action: oneOf('trigger'), payload },
          { client: text(), client_url: text(), links: list(object({ href: text() }, { text: text() })) },
        ),
        object({ ...event, event_action: oneOf('acknowledge', 'resolve') }),
      ],
    },
    answers: { 202: object({ status: oneOf('success'), message: text(), dedup_key: text() }) },
  },
  'GET /oncalls': {
    query: { 'schedule_ids[]': text() },
    answers: {
      200: object(
        { oncalls: list(object({ user: object({ id: text(), email: text() }, {}, false) }, {}, false)) },
        {},
        false,
      ),
    },
  },
})

export async function startPagerDuty(): Promise<PagerDuty> {
  const alerts: Alert[] = []
  const oncall: Record<string, string[]> = {}
  const double = await startDouble({
    contract: contractOf(description),
    isWrite: ({ method }) => method === 'POST',
    answer: ({ path, query, body, headers }) => {
      if (path === '/oncalls') {
        if (headers.authorization !== 'Token token=of-a-test') return { status: 401, body: { error: {} } }
        const people = oncall[query.get('schedule_ids[]') ?? ''] ?? []
        return { status: 200, body: { oncalls: people.map((email, index) => ({ user: { id: `P${index}`, email } })) } }
      }
      const {
        routing_key,
        event_action,
        dedup_key,
        payload: sent,
      } = body as Record<string, string> & { payload?: { summary: string } }
      if (routing_key !== ROUTING) return { status: 400, body: { status: 'invalid event' } }
      happened(alerts, event_action ?? '', dedup_key ?? '', sent?.summary ?? '')
      return { status: 202, body: { status: 'success', message: 'Event processed', dedup_key } }
    },
  })
  return Object.assign(double, { alerts, oncall })
}

/** A key whose alert is resolved opens another one: what must not happen. */
function happened(alerts: Alert[], action: string, dedup: string, summary: string): void {
  const open = alerts.find((alert) => alert.dedup === dedup && alert.status !== 'resolved')
  if (action === 'trigger' && !open) alerts.push({ dedup, status: 'triggered', summary })
  if (action === 'acknowledge' && open) open.status = 'acknowledged'
  if (action === 'resolve' && open) open.status = 'resolved'
}
