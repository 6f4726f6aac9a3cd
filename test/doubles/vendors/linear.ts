import { contractOf, documented, object, text } from '../contract.ts'
import { type Answered, type Double, startDouble } from '../double.ts'

interface Issue {
  id: string
  title: string
  description: string
}

/** Linear's GraphQL API for issues: an id that a client chose can't be taken twice. */
export interface Linear extends Double {
  issues: Issue[]
}

const issueInput = object({}, { title: text(), description: text() })
/** https://linear.app/developers/graphql; the fields of IssueCreateInput and IssueUpdateInput as @linear/sdk 98.0.0 types them. */
const description = documented({
  'POST /graphql': {
    body: object({
      query: text(),
      variables: {
        anyOf: [
          object({
            input: object(
              { id: { type: 'string', pattern: UUID() }, teamId: text() },
              { title: text(), description: text() },
            ),
          }),
          object({ id: text() }, { input: issueInput }),
        ],
      },
    }),
    answers: { 200: object({}, { data: {}, errors: { type: 'array' } }) },
  },
})

function UUID(): string {
  return '^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'
}

export async function startLinear(): Promise<Linear> {
  const issues: Issue[] = []
  const double = await startDouble({
    contract: contractOf(description),
    isWrite: ({ body }) => String((body as { query?: string } | undefined)?.query).startsWith('mutation'),
    answer: ({ headers, body }) => {
      if (headers.authorization !== 'of-a-test') return failed('authentication error', 'Authentication required')
      const { query, variables } = body as { query: string; variables: { id?: string; input?: Issue } }
      return answer(issues, query, variables)
    },
  })
  return Object.assign(double, { issues })
}

function answer(issues: Issue[], query: string, { id, input }: { id?: string; input?: Issue }): Answered {
  const shown = (issue: Issue) => ({ ...issue, url: `https://linear.app/acme/issue/OPS-${issues.indexOf(issue) + 1}` })
  if (query.includes('issueCreate') && input) {
    if (issues.some((issue) => issue.id === input.id)) return failed('invalid input', 'Entity with this id exists')
    const made = { id: input.id, title: input.title, description: input.description }
    issues.push(made)
    return { status: 200, body: { data: { issueCreate: { success: true, issue: shown(made) } } } }
  }
  const issue = issues.find((each) => each.id === id)
  if (!issue) return failed('invalid input', 'Entity not found: Issue')
  if (query.includes('issueUpdate')) {
    Object.assign(issue, input)
    return { status: 200, body: { data: { issueUpdate: { success: true } } } }
  }
  return { status: 200, body: { data: { issue: shown(issue) } } }
}

function failed(type: string, message: string): Answered {
  return { status: 200, body: { errors: [{ message, extensions: { type } }] } }
}
