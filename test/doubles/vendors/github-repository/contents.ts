import { said, type Route } from './route.ts'

/** The repository itself, its files, and where its branches and tags lead. */
export const contentRoutes: readonly Route[] = [
  [
    'GET',
    /^$/,
    ({ example, state }, _parts, { headers }) => {
      const push = headers.authorization?.includes('reader') !== true
      const permissions = { admin: false, maintain: false, push, triage: push, pull: true }
      const own = {
        full_name: state.name,
        default_branch: 'main',
        permissions,
        language: null,
        source: undefined,
        parent: undefined,
      }
      const merging = { allow_merge_commit: true, allow_squash_merge: true, allow_rebase_merge: true }
      return { status: 200, body: { ...example('full-repository-default-response'), ...own, ...merging } }
    },
  ],
  [
    'GET',
    /^\/contents\/([^/]+)$/,
    ({ example, git, gitMaybe }, [path = ''], { query }) => {
      const object = gitMaybe('rev-parse', '--verify', '--quiet', `${query.get('ref') ?? 'main'}:${path}`)
      if (object === undefined) return said(404, 'Not Found')
      const content = Buffer.from(`${git('cat-file', 'blob', object)}\n`)
      const own = { name: path.split('/').at(-1), path, sha: object, size: content.length, encoding: 'base64' }
      return {
        status: 200,
        body: {
          ...example('content-file-response-if-content-is-a-file'),
          ...own,
          content: content.toString('base64').replaceAll(/(.{60})/g, '$1\n'),
        },
      }
    },
  ],
  [
    'GET',
    /^\/git\/ref\/([^/]+)$/,
    ({ example, gitMaybe }, [ref = '']) => {
      const sha = gitMaybe('rev-parse', '--verify', '--quiet', `refs/${ref}`)
      if (sha === undefined) return said(404, 'Not Found')
      const object = { type: 'commit', sha, url: 'https://api.github.com/commit' }
      return { status: 200, body: { ...example('git-ref'), ref: `refs/${ref}`, object } }
    },
  ],
  [
    'GET',
    /^\/branches\/([^/]+)$/,
    ({ example, gitMaybe, state }, [branch = '']) => {
      const sha = gitMaybe('rev-parse', '--verify', '--quiet', `refs/heads/${branch}`)
      if (sha === undefined) return said(404, 'Branch not found')
      return { status: 200, body: { ...example('branch-get'), name: branch, protected: state.protected.has(branch) } }
    },
  ],
  [
    'GET',
    /^\/rules\/branches\/([^/]+)$/,
    ({ state }, [branch = '']) => {
      const parameters = {
        ...{ dismiss_stale_reviews_on_push: false, require_code_owner_review: false },
        ...{ require_last_push_approval: false, required_review_thread_resolution: false },
        required_approving_review_count: 1,
      }
      const rule = {
        type: 'pull_request',
        ruleset_source_type: 'Repository',
        ruleset_source: state.name,
        ruleset_id: 1,
      }
      return { status: 200, body: state.protected.has(branch) ? [{ ...rule, parameters }] : [] }
    },
  ],
]
