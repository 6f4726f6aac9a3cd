import { at, listAt, textAt } from '../../ask.ts'
import type { GitHub } from '../../github/connect.ts'
import { request } from '../../github/request.ts'

/** One run of a workflow, as GitHub shows it. */
export interface Run {
  id: number
  title: string
  /** queued, in_progress, waiting, pending, requested or completed. */
  status: string
  conclusion: string | undefined
  attempt: number
  sha: string
  url: string
  createdAt: string
}

const PAGES = 3

/**
 * Runs of a workflow that were dispatched under a mark, the oldest first: the first is the one, any other came of a request that
 * arrived late. Of the last 300 dispatches.
 */
export async function runsMarked(github: GitHub, workflow: string, mark: string, signal: AbortSignal): Promise<Run[]> {
  const found: Run[] = []
  for (let page = 1; page <= PAGES; page++) {
    const listed = await runsOf(github, workflow, page, signal)
    found.push(...listed.filter(({ title }) => title.includes(mark)))
    if (listed.length < 100) break
  }
  return found.toSorted((a, b) => a.id - b.id)
}

/** The last dispatches of a workflow, the newest first, in pages of a hundred. */
export async function runsOf(github: GitHub, workflow: string, page: number, signal: AbortSignal): Promise<Run[]> {
  const query = new URLSearchParams({ event: 'workflow_dispatch', per_page: '100', page: String(page) })
  const path = `/actions/workflows/${workflow}/runs?${query.toString()}`
  const { json } = await request(github, { path, signal, wanted: `list the runs of ${workflow}` })
  return listAt(json, 'workflow_runs').flatMap(runOf)
}

/** One run by its number. */
export async function readRun(github: GitHub, id: number, signal: AbortSignal): Promise<Run | undefined> {
  const { json } = await request(github, { path: `/actions/runs/${id}`, signal, wanted: `read run ${id}` })
  return runOf(json)[0]
}

function runOf(json: unknown): Run[] {
  const id = at(json, 'id')
  if (typeof id !== 'number') return []
  const attempt = at(json, 'run_attempt')
  return [
    {
      ...{ id, title: line(textAt(json, 'display_title')), status: line(textAt(json, 'status')) },
      ...{ conclusion: textAt(json, 'conclusion'), attempt: typeof attempt === 'number' ? attempt : 1 },
      ...{ sha: line(textAt(json, 'head_sha')), url: line(textAt(json, 'html_url')) },
      createdAt: line(textAt(json, 'created_at')),
    },
  ]
}

/** One bounded line of what somebody wrote on GitHub. */
export function line(text: string | undefined): string {
  return (text ?? '').replaceAll(/[\u0000-\u001f\u007f]+/g, ' ').slice(0, 200)
}
