import { type Pull, type Route, said, type Served } from './route.ts'

export const pullRoutes: readonly Route[] = [
  [
    'GET',
    /^\/pulls$/,
    (served, _parts, { query }) => {
      const [, branch] = (query.get('head') ?? ':').split(':')
      const state = query.get('state') ?? 'open'
      const found = served.state.pulls.filter(
        (pull) => pull.head === branch && (state === 'all' || pull.state === state),
      )
      return { status: 200, body: found.toReversed().map((pull) => shown(served, pull, 'pull-request-simple-items')) }
    },
  ],
  [
    'POST',
    /^\/pulls$/,
    (served, _parts, { body }) => {
      const { state } = served
      const {
        title,
        head,
        base,
        body: text = '',
      } = body as Record<'title' | 'head' | 'base', string> & { body?: string }
      if (shaOf(served, head) === undefined) return said(422, 'Validation Failed: head invalid')
      if (served.gitMaybe('merge-base', '--is-ancestor', head, base) !== undefined)
        return said(422, `Validation Failed: No commits between ${base} and ${head}`)
      if (state.pulls.some((pull) => pull.head === head && pull.base === base && pull.state === 'open'))
        return said(422, `Validation Failed: A pull request already exists for ${state.name.split('/')[0]}:${head}.`)
      const number = state.pulls.length + 1
      const pull: Pull = {
        ...{ number, title, body: text, head, base, state: 'open', merged: false, ready: false, checks: {} },
      }
      state.pulls.push(pull)
      return { status: 201, body: shown(served, pull) }
    },
  ],
  [
    'GET',
    /^\/pulls\/(\d+)$/,
    (served, [number]) =>
      of(served, number, (pull) => {
        const body = shown(served, pull)
        if (served.state.merges && pull.state === 'open') merged(served, Object.assign(pull, { ready: true }), {})
        return { status: 200, body }
      }),
  ],
  [
    'PATCH',
    /^\/pulls\/(\d+)$/,
    (served, [number], { body }) =>
      of(served, number, (pull) => {
        Object.assign(pull, body)
        return { status: 200, body: shown(served, pull) }
      }),
  ],
  [
    'PUT',
    /^\/pulls\/(\d+)\/update-branch$/,
    (served, [number]) =>
      of(served, number, (pull) => {
        const { git } = served
        const tree = git('merge-tree', '--write-tree', pull.head, pull.base)
        const parents = ['-p', `refs/heads/${pull.head}`, '-p', `refs/heads/${pull.base}`]
        git('update-ref', `refs/heads/${pull.head}`, git('commit-tree', tree, ...parents, '-m', 'Merge main'))
        return { status: 202, body: { message: 'Updating pull request branch.', url: 'https://github.com/pull' } }
      }),
  ],
  [
    'PUT',
    /^\/pulls\/(\d+)\/merge$/,
    (served, [number], { body }) => of(served, number, (pull) => merged(served, pull, body)),
  ],
  [
    'GET',
    /^\/commits\/([^/]+)\/check-runs$/,
    ({ example, gitMaybe, state }, [sha = '']) => {
      const pull = state.pulls.find(({ head }) => gitMaybe('rev-parse', `refs/heads/${head}`) === sha)
      const { check_runs: runs } = example('check-run-paginated') as { check_runs: object[] }
      const all = Object.entries(pull?.checks ?? {}).map(([name, conclusion]) => ({
        ...runs[0],
        ...{ name, head_sha: sha, conclusion, status: conclusion === null ? 'in_progress' : 'completed' },
        html_url: `https://github.com/${state.name}/runs/4`,
      }))
      return { status: 200, body: { total_count: all.length, check_runs: all } }
    },
  ],
]

function of(served: Served, number: string | undefined, work: (pull: Pull) => ReturnType<Route[2]>) {
  const pull = served.state.pulls[Number(number) - 1]
  return pull ? work(pull) : said(404, 'Not Found')
}

function shaOf({ gitMaybe }: Served, branch: string): string | undefined {
  return gitMaybe('rev-parse', '--verify', '--quiet', `refs/heads/${branch}`)
}

/** As GitHub does it: only if the head is the one that was looked at, and only what branch protection lets through. */
function merged(served: Served, pull: Pull, body: unknown): ReturnType<Route[2]> {
  const { git } = served
  const { sha } = (body ?? {}) as { sha?: string }
  const head = shaOf(served, pull.head) ?? ''
  if (sha !== undefined && sha !== head) return said(409, 'Head branch was modified. Review and try the merge again.')
  if (pull.state !== 'open' || stateOf(served, pull) !== 'clean') return said(405, 'Pull Request is not mergeable')
  const tree = git('merge-tree', '--write-tree', pull.base, head)
  const commit = git(
    'commit-tree',
    tree,
    '-p',
    `refs/heads/${pull.base}`,
    '-p',
    head,
    '-m',
    `Merge pull request #${pull.number}`,
  )
  git('update-ref', `refs/heads/${pull.base}`, commit)
  Object.assign(pull, { state: 'closed', merged: true })
  return { status: 200, body: { sha: commit, merged: true, message: 'Pull Request successfully merged' } }
}

/** GitHub's `mergeable_state`. */
function stateOf({ gitMaybe }: Served, { base, head, ready, strict }: Pull): 'clean' | 'blocked' | 'dirty' | 'behind' {
  if (gitMaybe('merge-tree', '--write-tree', base, head) === undefined) return 'dirty'
  if (strict && gitMaybe('merge-base', '--is-ancestor', base, head) === undefined) return 'behind'
  return ready ? 'clean' : 'blocked'
}

function shown(served: Served, pull: Pull, example = 'pull-request'): object {
  const { state } = served
  const before = served.example(example) as { head: object; base: object }
  const mergeable = pull.state === 'open' ? stateOf(served, pull) : 'unknown'
  const at = (branch: string) => ({ ref: branch, sha: shaOf(served, branch) ?? '0'.repeat(40), label: branch })
  const whole = { merged: pull.merged, mergeable: mergeable !== 'dirty', mergeable_state: mergeable }
  return {
    ...before,
    ...{ number: pull.number, title: pull.title, body: pull.body, state: pull.state, requested_teams: [] },
    ...{ head: { ...before.head, ...at(pull.head) }, base: { ...before.base, ...at(pull.base) } },
    ...{ html_url: `https://github.com/${state.name}/pull/${pull.number}` },
    merged_at: pull.merged ? '2026-01-02T03:04:05Z' : null,
    ...(example === 'pull-request' && whole),
  }
}
