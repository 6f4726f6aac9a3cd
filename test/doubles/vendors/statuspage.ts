import { contractOf, documented, list, object, oneOf, text } from '../contract.ts'
import { type Answered, type Asked, type Double, startDouble } from '../double.ts'

interface Incident {
  id: string
  name: string
  status: string
  shortlink: string
  metadata: object
  incident_updates: { status: string; body: string }[]
}

/** Statuspage's API for incidents of one page. */
export interface Statuspage extends Double {
  incidents: Incident[]
}

const status = oneOf('investigating', 'identified', 'monitoring', 'resolved')
const components = {
  type: 'object',
  additionalProperties: oneOf(
    'operational',
    'degraded_performance',
    'partial_outage',
    'major_outage',
    'under_maintenance',
  ),
}
const fields = {
  body: text(25_000),
  deliver_notifications: oneOf(true, false),
  component_ids: list(text()),
  components,
}
const incident = object(
  { id: text(), name: text(), status, incident_updates: list(object({ status, body: text() })) },
  { shortlink: text(), metadata: { type: 'object' } },
)
/** https://developer.statuspage.io/#tag/incidents */
const description = documented({
  'POST /v1/pages/{page}/incidents': {
    body: object({ incident: object({ name: text(), status }, { ...fields, metadata: { type: 'object' } }) }),
    answers: { 201: incident },
  },
  'GET /v1/pages/{page}/incidents': { answers: { 200: list(incident) } },
  'GET /v1/pages/{page}/incidents/unresolved': { answers: { 200: list(incident) } },
  'GET /v1/pages/{page}/incidents/{id}': { answers: { 200: incident } },
  'PATCH /v1/pages/{page}/incidents/{id}': {
    body: object({ incident: object({}, { ...fields, status }) }),
    answers: { 200: incident },
  },
})

export async function startStatuspage(): Promise<Statuspage> {
  const incidents: Incident[] = []
  const double = await startDouble({
    contract: contractOf(description),
    isWrite: ({ method }) => method !== 'GET',
    answer: (asked) => answer(incidents, asked),
  })
  return Object.assign(double, { incidents })
}

function answer(incidents: Incident[], { method, path, headers, body }: Asked): Answered {
  if (headers.authorization !== 'OAuth of-a-test') return { status: 401, body: { error: 'Could not authenticate' } }
  const id = path.split('/')[5]
  const sent = (body as { incident: Incident & { body?: string } } | undefined)?.incident
  if (method === 'POST' && sent) {
    const made = { id: `i${incidents.length}`, name: sent.name, status: sent.status, metadata: sent.metadata }
    const update = { status: sent.status, body: sent.body ?? '' }
    incidents.unshift({ ...made, shortlink: `http://stspg.io/${made.id}`, incident_updates: [update] })
    return { status: 201, body: incidents[0] }
  }
  if (id === undefined) return { status: 200, body: incidents }
  if (id === 'unresolved') return { status: 200, body: incidents.filter((each) => each.status !== 'resolved') }
  const found = incidents.find((each) => each.id === id)
  if (!found) return { status: 404, body: { error: 'Not found' } }
  if (method === 'PATCH' && sent) {
    found.status = sent.status
    found.incident_updates.unshift({ status: sent.status, body: sent.body ?? '' })
  }
  return { status: 200, body: found }
}
