import { type Answered, type Asked, type Double, startDouble } from '../double.ts'
import { githubContract } from './github-contract.ts'

interface Issue {
  number: number
  title: string
  body: string
  labels: string[]
}

/** GitHub's issues of one repository, checked against GitHub's own description. */
export interface GitHub extends Double {
  issues: Issue[]
}

export async function startGitHub(): Promise<GitHub> {
  const issues: Issue[] = []
  const { contract } = await githubContract()
  const double = await startDouble({
    contract,
    isWrite: ({ method }) => method !== 'GET',
    answer: (asked) => answer(issues, asked),
  })
  return Object.assign(double, { issues })
}

function answer(issues: Issue[], { method, path, query, headers, body }: Asked): Answered {
  if (headers.authorization !== 'Bearer of-a-test') return { status: 401, body: { message: 'Bad credentials' } }
  const number = path.split('/')[5]
  const sent = (body ?? {}) as Partial<Issue>
  if (method === 'POST') {
    const made = {
      number: issues.length + 1,
      title: String(sent.title),
      body: sent.body ?? '',
      labels: sent.labels ?? [],
    }
    issues.push(made)
    return { status: 201, body: shown(made) }
  }
  if (number === undefined) {
    const labels = (query.get('labels') ?? '').split(',')
    const found = issues.filter((issue) => labels.every((label) => issue.labels.includes(label)))
    return { status: 200, body: query.get('page') === '1' ? found.toReversed().map(shown) : [] }
  }
  const issue = issues[Number(number) - 1]
  if (!issue) return { status: 404, body: { message: 'Not Found' } }
  if (method === 'PATCH') Object.assign(issue, sent)
  return { status: 200, body: shown(issue) }
}

/** An issue in all the fields that the description requires. */
function shown({ number, title, body, labels }: Issue): object {
  const url = `https://api.github.com/repos/acme/incidents/issues/${number}`
  const [node, at] = [`I_${number}`, '2026-01-02T03:04:05Z']
  const links = {
    url,
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
  }
  return {
    ...{ id: number, node_id: node, number, state: 'open', title, body, locked: false, comments: 0, user: null },
    ...{ ...links, repository_url: 'https://api.github.com/repos/acme/incidents' },
    html_url: `https://github.com/acme/incidents/issues/${number}`,
    ...{ labels, assignee: null, assignees: [], milestone: null, author_association: 'MEMBER' },
    ...{ created_at: at, updated_at: at, closed_at: null },
  }
}
