import { contractOf, documented, list, object, oneOf, text } from '../contract.ts'
import { type Answered, type Asked, type Double, startDouble } from '../double.ts'

interface Annotation {
  id: number
  time: number
  timeEnd: number
  text: string
  tags: string[]
}

/** What one query of a data source gives, as `/api/ds/query` answers it below its refId. */
export interface QueryResult {
  status: number
  error?: string
  frames?: object[]
}

/** A query as it is sent: the model of its data source beside refId and data source. */
export interface SentQuery {
  refId: string
  datasource: { uid: string }
  expr?: string
  [field: string]: unknown
}

/** Grafana's annotations, and its data sources as far as they answer one query. */
export interface Grafana extends Double {
  annotations: Annotation[]
  /** Every query that was sent, the newest last. */
  queries: (SentQuery & { from: string; to: string })[]
  /** What a query gives. */
  gives: (query: SentQuery) => QueryResult
}

const integer = { type: 'integer' }
/** A data frame as JSON: https://grafana.com/developers/dataplane and `DataFrameJSON` of @grafana/data. */
const frame = object({
  schema: object(
    {
      fields: list(object({ name: text(), type: oneOf('time', 'number', 'string', 'boolean') }, { labels: {} }, false)),
    },
    { refId: text(), name: text(), meta: { type: 'object' } },
  ),
  data: object({ values: list({ type: 'array' }) }, { entities: list({ type: ['object', 'null'] }), nanos: list({}) }),
})
const result = object({ status: integer }, { error: text(), errorSource: text(), frames: list(frame), refId: text() })
const answered = object({ results: { type: 'object', additionalProperties: result } })
const told = object({ message: text() }, {}, false)
const fields = { timeEnd: integer, tags: list(text()), text: text() }
/** https://grafana.com/docs/grafana/latest/developers/http_api/annotations */
const description = documented({
  // https://grafana.com/docs/grafana/latest/developers/http_api/data_source/#query-a-data-source
  'POST /api/ds/query': {
    body: object({
      queries: list(object({ refId: text(), datasource: object({ uid: text() }, { type: text() }) }, {}, false)),
      from: text(),
      to: text(),
    }),
    answers: {
      200: answered,
      207: answered,
      400: { anyOf: [answered, told] },
      403: told,
      500: { anyOf: [answered, told] },
    },
  },
  'POST /api/annotations': {
    body: object({ text: text() }, { ...fields, time: integer, dashboardUID: text(), panelId: integer }),
    answers: { 200: object({ id: integer, message: text() }) },
  },
  'GET /api/annotations': {
    query: { tags: text(), from: integer, to: integer },
    answers: { 200: list(object({ id: integer }, {}, false)) },
  },
  'PATCH /api/annotations/{id}': {
    body: object({}, { ...fields, time: integer }),
    answers: { 200: object({ message: text() }) },
  },
})

export async function startGrafana(): Promise<Grafana> {
  const annotations: Annotation[] = []
  const asking: Pick<Grafana, 'queries' | 'gives'> = { queries: [], gives: () => ({ status: 200, frames: [] }) }
  const double = await startDouble({
    contract: contractOf(description),
    isWrite: ({ method, path }) => method !== 'GET' && path.includes('/annotations'),
    answer: (asked) => (asked.path === '/api/ds/query' ? query(grafana, asked) : answer(annotations, asked)),
  })
  const grafana: Grafana = Object.assign(double, { annotations, ...asking })
  return grafana
}

/** Answers as Grafana does: one result per query, and the status of the worst where one fails. */
function query(grafana: Grafana, { headers, body }: Asked): Answered {
  if (headers.authorization !== 'Bearer of-a-test') return { status: 401, body: { message: 'Unauthorized' } }
  const { queries, from, to } = body as { queries: SentQuery[]; from: string; to: string }
  grafana.queries.push(...queries.map((sent) => ({ ...sent, from, to })))
  const results = queries.map((sent) => [sent.refId, grafana.gives(sent)] as const)
  const status = Math.max(...results.map(([, { status: one }]) => one))
  return { status: status >= 400 ? (status < 500 ? 400 : 500) : 200, body: { results: Object.fromEntries(results) } }
}

/** One number of one series, as Grafana's Prometheus data source answers an instant query. */
export function instant(value: number | null, { at = Date.now(), entities }: { at?: number; entities?: object } = {}) {
  return frameOf(
    [
      ['Time', 'time', [at]],
      ['Value', 'number', [value]],
    ],
    entities && [null, entities],
  )
}

/** A data frame of these fields. */
export function frameOf(
  fields: (readonly [name: string, type: string, values: unknown[]])[],
  entities?: (object | null)[],
  notices?: object[],
): object {
  return {
    schema: {
      fields: fields.map(([name, type]) => ({ name, type })),
      ...(notices && { meta: { notices } }),
    },
    data: { values: fields.map(([, , values]) => values), ...(entities && { entities }) },
  }
}

function answer(annotations: Annotation[], { method, path, query, headers, body }: Asked): Answered {
  if (headers.authorization !== 'Bearer of-a-test') return { status: 401, body: { message: 'Unauthorized' } }
  if (method === 'POST') {
    annotations.push({ ...(body as Annotation), id: annotations.length + 1 })
    return { status: 200, body: { id: annotations.length, message: 'Annotation added' } }
  }
  if (method === 'PATCH') {
    const found = annotations.find(({ id }) => path.endsWith(`/${id}`))
    if (!found) return { status: 404, body: { message: 'not found' } }
    Object.assign(found, body)
    return { status: 200, body: { message: 'Annotation patched' } }
  }
  const wanted = query.getAll('tags')
  const [from, to] = [Number(query.get('from')), Number(query.get('to'))]
  const inside = ({ time, timeEnd }: Annotation) => time <= to && timeEnd >= from
  return {
    status: 200,
    body: annotations.filter((each) => inside(each) && wanted.every((tag) => each.tags.includes(tag))),
  }
}
