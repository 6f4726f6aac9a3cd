import { UnwindError } from '../../../model/errors.ts'
import { at, listAt, textAt } from '../../ask.ts'
import type { GitHub } from '../../github/connect.ts'
import { request } from '../../github/request.ts'
import { line, type Run } from './runs.ts'

/** What a run that has not ended is doing, and whom it waits for. */
export async function doingOf(github: GitHub, run: Run, signal: AbortSignal): Promise<string> {
  if (run.status === 'waiting') return `waits for people: ${await gateOf(github, run, signal)}; ${run.url}`
  if (run.status !== 'in_progress') return `the run is ${run.status.replaceAll('_', ' ')}; ${run.url}`
  const jobs = await jobsOf(github, run, signal)
  const now = jobs.filter(({ status }) => status === 'in_progress').map(({ name }) => name)
  const ended = jobs.filter(({ status }) => status === 'completed').length
  return `runs ${now.slice(0, 3).join(', ') || 'its jobs'} (${ended} of ${jobs.length} have ended); ${run.url}`
}

/** Environments whose protection holds a run, with those who may let it go on. */
async function gateOf(github: GitHub, { id }: Run, signal: AbortSignal): Promise<string> {
  const path = `/actions/runs/${id}/pending_deployments`
  const { json } = await request(github, { path, signal, wanted: `read what run ${id} waits for` })
  const gates = listAt(json).map((gate) => {
    const who = listAt(gate, 'reviewers').map(
      (each) => textAt(each, 'reviewer', 'login') ?? textAt(each, 'reviewer', 'slug'),
    )
    const names = who.filter((name) => name !== undefined).slice(0, 6)
    const timer = at(gate, 'wait_timer')
    const environment = line(textAt(gate, 'environment', 'name'))
    if (names.length > 0) return `environment ${environment} is to be approved by ${names.join(' or ')}`
    return `environment ${environment} lets nobody in yet${typeof timer === 'number' && timer > 0 ? ` (wait timer of ${timer} min)` : ''}`
  })
  return gates.slice(0, 5).join('; ') || 'a protection rule holds it'
}

/** How a run has ended that did not end well: the first job and step that failed, and where to look. */
export async function failureOf(github: GitHub, run: Run, workflow: string, signal: AbortSignal): Promise<UnwindError> {
  const jobs = await jobsOf(github, run, signal)
  const job =
    jobs.find(({ conclusion }) => BAD.has(conclusion)) ?? jobs.find(({ conclusion }) => conclusion !== 'success')
  const step = job?.steps.find(({ conclusion }) => BAD.has(conclusion))?.name
  const where = job ? `: job ${job.name}${step === undefined ? '' : `, step ${step}`}` : ''
  const url = job?.url || run.url
  return new UnwindError(
    'TARGET_REJECTED',
    `${workflow} ended as ${run.conclusion ?? 'nothing'}${where}; see ${url}. Re-run it there, then retry, which starts no other; or do it by hand and answer done`,
    {
      run: run.id,
      url,
      conclusion: run.conclusion,
      ...(job && { job: job.name }),
      ...(step !== undefined && { step }),
    },
  )
}

const BAD: ReadonlySet<string> = new Set(['failure', 'timed_out', 'cancelled', 'startup_failure', 'action_required'])

interface Job {
  name: string
  status: string
  conclusion: string
  url: string
  steps: { name: string; conclusion: string }[]
}

/** The jobs of the last attempt of a run. */
async function jobsOf(github: GitHub, { id }: Run, signal: AbortSignal): Promise<Job[]> {
  const path = `/actions/runs/${id}/jobs?filter=latest&per_page=100`
  const { json } = await request(github, { path, signal, wanted: `read the jobs of run ${id}` })
  const ended = (value: unknown) => ({
    name: line(textAt(value, 'name')),
    conclusion: textAt(value, 'conclusion') ?? '',
  })
  return listAt(json, 'jobs').map((job) => ({
    ...{ ...ended(job), status: textAt(job, 'status') ?? '', url: line(textAt(job, 'html_url')) },
    steps: listAt(job, 'steps').map(ended),
  }))
}
