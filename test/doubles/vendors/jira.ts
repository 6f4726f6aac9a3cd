import { contractOf, documented, list, named, object, oneOf, text } from '../contract.ts'
import { type Answered, type Asked, type Double, startDouble } from '../double.ts'

interface Issue {
  key: string
  summary: string
  description: object
  labels: string[]
}

/** Jira's issues of one project. */
export interface Jira extends Double {
  issues: Issue[]
}

/** https://developer.atlassian.com/cloud/jira/platform/apis/document/structure: the nodes that the channel writes. */
const node = object(
  {
    type: oneOf(
      ...['paragraph', 'heading', 'rule', 'bulletList', 'listItem', 'text'],
      ...['table', 'tableRow', 'tableHeader', 'tableCell'],
    ),
  },
  { content: list(named('node')), text: { type: 'string', minLength: 1 }, attrs: { type: 'object' } },
)
const adf = object({ type: oneOf('doc'), version: { const: 1 }, content: list(named('node')) })
const fields = { summary: { type: 'string', maxLength: 255, pattern: '^[^\\n]+$' }, description: adf }
/** https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues and …-issue-search */
const description = documented(
  {
    'POST /rest/api/3/issue': {
      body: object({
        fields: object({
          ...fields,
          project: object({ key: text() }),
          issuetype: object({ name: text() }),
          labels: list({ type: 'string', pattern: '^\\S+$', maxLength: 255 }),
        }),
      }),
      answers: { 201: object({ id: text(), key: text(), self: text() }) },
    },
    'POST /rest/api/3/search/jql': {
      body: object({ jql: text(), fields: list(text()) }, { maxResults: { type: 'integer' }, nextPageToken: text() }),
      answers: {
        200: object({ issues: list(object({ id: text(), key: text() }, {}, false)) }, { isLast: oneOf(true) }),
      },
    },
    'GET /rest/api/3/issue/{key}': {
      answers: { 200: object({ id: text(), key: text() }, { fields: { type: 'object' } }) },
    },
    'PUT /rest/api/3/issue/{key}': {
      body: object({ fields: object({}, { summary: fields.summary, description: adf }) }),
      answers: { 204: {} },
    },
  },
  { node },
)

export async function startJira(): Promise<Jira> {
  const issues: Issue[] = []
  const double = await startDouble({
    contract: contractOf(description),
    isWrite: ({ method, path }) => method !== 'GET' && !path.endsWith('/search/jql'),
    answer: (asked) => answer(issues, asked),
  })
  return Object.assign(double, { issues })
}

function answer(issues: Issue[], { method, path, headers, body }: Asked): Answered {
  if (headers.authorization !== `Basic ${Buffer.from('bot@example.test:of-a-test').toString('base64')}`)
    return { status: 401, body: { errorMessages: [] } }
  const { fields: sent = {}, jql = '' } = (body ?? {}) as { fields?: Partial<Issue>; jql?: string }
  if (path.endsWith('/search/jql')) {
    const label = /labels = "([^"]+)"/.exec(jql)?.[1] ?? ''
    const found = issues.filter(({ labels }) => labels.includes(label))
    return { status: 200, body: { issues: found.map(({ key }) => ({ id: key.slice(4), key })), isLast: true } }
  }
  if (method === 'POST') {
    const key = `OPS-${issues.length + 1}`
    issues.push({ key, ...(sent as Omit<Issue, 'key'>) })
    return { status: 201, body: { id: key.slice(4), key, self: `/rest/api/3/issue/${key.slice(4)}` } }
  }
  const issue = issues.find(({ key }) => path.endsWith(`/${key}`))
  if (!issue) return { status: 404, body: { errorMessages: [] } }
  if (method === 'PUT') {
    Object.assign(issue, sent)
    return { status: 204 }
  }
  const { key, summary, description: document } = issue
  return { status: 200, body: { id: key.slice(4), key, fields: { summary, description: document } } }
}
