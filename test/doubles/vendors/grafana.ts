import { contractOf, documented, list, object, text } from '../contract.ts'
import { type Answered, type Asked, type Double, startDouble } from '../double.ts'

interface Annotation {
  id: number
  time: number
  timeEnd: number
  text: string
  tags: string[]
}

/** Grafana's annotations. */
export interface Grafana extends Double {
  annotations: Annotation[]
}

const integer = { type: 'integer' }
const fields = { timeEnd: integer, tags: list(text()), text: text() }
/** https://grafana.com/docs/grafana/latest/developers/http_api/annotations */
const description = documented({
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
  const double = await startDouble({
    contract: contractOf(description),
    isWrite: ({ method }) => method !== 'GET',
    answer: (asked) => answer(annotations, asked),
  })
  return Object.assign(double, { annotations })
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
