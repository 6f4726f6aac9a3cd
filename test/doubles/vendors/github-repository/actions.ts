import { parse } from 'yaml'
import { type Route, type Run, said, type Served } from './route.ts'

interface Workflow {
  'run-name'?: string
  on?: { workflow_dispatch?: { inputs?: Record<string, { required?: boolean; default?: unknown }> } | null }
}

export const actionRoutes: readonly Route[] = [
  [
    'GET',
    /^\/actions\/workflows\/([^/]+)$/,
    ({ example, gitMaybe, state }, [file = '']) => {
      const path = `.github/workflows/${file}`
      if (gitMaybe('cat-file', '-e', `main:${path}`) === undefined) return said(404, 'Not Found')
      const own = { name: file, path, state: state.disabled.has(file) ? 'disabled_manually' : 'active' }
      return { status: 200, body: { ...example('workflow'), ...own } }
    },
  ],
  ['POST', /^\/actions\/workflows\/([^/]+)\/dispatches$/, dispatched],
  [
    'GET',
    /^\/actions\/workflows\/([^/]+)\/runs$/,
    (served, [file = ''], { query }) => {
      const { state } = served
      state.runs.forEach((run) => goOn(run, state.ends))
      const seen = state.runs.filter((run) => run.workflow === file && isSeen(run)).toReversed()
      const page = Number(query.get('page') ?? 1)
      const [size, all] = [Number(query.get('per_page') ?? 30), seen.map((run) => shown(served, run))]
      return {
        status: 200,
        body: { total_count: all.length, workflow_runs: all.slice((page - 1) * size, page * size) },
      }
    },
  ],
  [
    'GET',
    /^\/actions\/runs\/(\d+)$/,
    (served, [id]) => of(served, id, (run) => ({ status: 200, body: shown(served, run) })),
  ],
  [
    'GET',
    /^\/actions\/runs\/(\d+)\/jobs$/,
    (served, [id]) =>
      of(served, id, (run) => {
        const jobs = run.jobs.map((job, at) => jobOf(served, run, job, at))
        return { status: 200, body: { total_count: jobs.length, jobs } }
      }),
  ],
  [
    'GET',
    /^\/actions\/runs\/(\d+)\/pending_deployments$/,
    (served, [id]) =>
      of(served, id, (run) => ({ status: 200, body: run.waitsFor ? [gateOf(served, run.waitsFor)] : [] })),
  ],
  [
    'POST',
    /^\/actions\/runs\/(\d+)\/(?:force-)?cancel$/,
    (served, [id]) =>
      of(served, id, (run) => {
        if (run.status === 'completed') return said(409, 'Cannot cancel a workflow run that is completed.')
        Object.assign(run, { status: 'completed', conclusion: 'cancelled', waitsFor: undefined })
        return { status: 202, body: {} }
      }),
  ],
]

function of({ state }: Served, id: string | undefined, work: (run: Run) => ReturnType<Route[2]>): ReturnType<Route[2]> {
  const run = state.runs.find((one) => one.id === Number(id))
  return run ? work(run) : said(404, 'Not Found')
}

/** Whether a list shows it yet. */
function isSeen(run: Run): boolean {
  if (run.unseen === 0) return true
  run.unseen--
  return false
}

/** A look later. */
function goOn(run: Run, ends: string | undefined): void {
  if (ends === undefined || run.waitsFor !== undefined || run.status === 'completed') return
  if (run.status === 'queued') run.status = 'in_progress'
  else Object.assign(run, { status: 'completed', conclusion: ends })
}

function dispatched(served: Served, [file = '']: string[], { body }: Parameters<Route[2]>[2]): ReturnType<Route[2]> {
  const { git, gitMaybe, state } = served
  const {
    ref,
    inputs = {},
    return_run_details: details,
  } = body as {
    ref: string
    inputs?: Record<string, string>
    return_run_details?: boolean
  }
  const sha = ['heads', 'tags']
    .map((kind) => gitMaybe('rev-parse', '--verify', '--quiet', `refs/${kind}/${ref.replace(/^refs\/\w+\//, '')}`))
    .find((found) => found !== undefined)
  if (sha === undefined) return said(422, `No ref found for: ${ref}`)
  const path = `.github/workflows/${file}`
  if (gitMaybe('cat-file', '-e', `main:${path}`) === undefined) return said(404, 'Not Found')
  if (state.disabled.has(file)) return said(422, 'Cannot trigger a disabled workflow')
  const { on, 'run-name': name = file } = parse(git('show', `${sha}:${path}`)) as Workflow
  const dispatch = on?.workflow_dispatch
  if (dispatch === undefined) return said(422, "Workflow does not have 'workflow_dispatch' trigger")
  const known = dispatch?.inputs ?? {}
  const strange = Object.keys(inputs).filter((key) => !(key in known))
  if (strange.length > 0) return said(422, `Unexpected inputs provided: ${JSON.stringify(strange)}`)
  const missing = Object.keys(known).find(
    (key) => known[key]?.required && known[key]?.default === undefined && !(key in inputs),
  )
  if (missing !== undefined) return said(422, `Required input '${missing}' not provided`)
  const title = name.replaceAll(
    /\$\{\{\s*(?:github\.event\.)?inputs\.([\w-]+)\s*\}\}/g,
    (_, key: string) => inputs[key] ?? '',
  )
  const run: Run = {
    ...{ id: 1_000 + state.runs.length, workflow: file, branch: ref, sha, title, inputs, status: 'queued' },
    ...{ conclusion: null, attempt: 1, jobs: [], unseen: state.listsLate },
  }
  state.runs.push(run)
  if (state.dispatchAnswers === 204 || details !== true) return { status: 204 }
  const url = `https://api.github.com/repos/${state.name}/actions/runs/${run.id}`
  return { status: 200, body: { workflow_run_id: run.id, run_url: url, html_url: pageOf(served, run) } }
}

function pageOf({ state }: Served, { id }: Run): string {
  return `https://github.com/${state.name}/actions/runs/${id}`
}

function shown(served: Served, run: Run): object {
  return {
    ...served.example('workflow-run'),
    ...{ id: run.id, head_branch: run.branch, head_sha: run.sha, event: 'workflow_dispatch', display_title: run.title },
    ...{ status: run.status, conclusion: run.conclusion, run_attempt: run.attempt, html_url: pageOf(served, run) },
  }
}

function jobOf(served: Served, run: Run, { name, conclusion, steps }: Run['jobs'][number], at: number): object {
  const { jobs } = served.example('job-paginated') as { jobs: object[] }
  const status = conclusion === null ? 'in_progress' : 'completed'
  return {
    ...jobs[0],
    ...{ id: run.id * 10 + at, run_id: run.id, name, status, conclusion, created_at: '2026-01-02T03:04:05Z' },
    html_url: `${pageOf(served, run)}/job/${run.id * 10 + at}`,
    steps: steps.map((step, index) => ({ ...step, number: index + 1, status: 'completed' })),
  }
}

function gateOf({ example, state }: Served, name: string): object {
  const before = example('pending-deployment-items') as { environment: object; reviewers: { reviewer: object }[] }
  const person = before.reviewers[0]?.reviewer
  const reviewers = (state.environments.get(name)?.reviewers ?? []).map((login) => ({
    ...{ type: 'User', reviewer: { ...person, login } },
  }))
  return { ...before, environment: { ...before.environment, name }, reviewers, current_user_can_approve: false }
}
