import { UnwindError } from '../../../model/errors.ts'
import type { Again } from '../../../model/target.ts'
import { at, listAt, textAt } from '../../ask.ts'
import { request } from '../../github/request.ts'
import type { Pull, PullRoute } from './pull-request.ts'

/** Milliseconds between two looks at a pull request. */
const POLL = 15_000
const SOON = 2_000

/** Waits until people have merged a pull request, or merges it once GitHub lets it. That it is merged, the branch tells. */
export async function follow(route: PullRoute, pull: Pull): Promise<Again> {
  const { github, signal, merge, base } = route
  const { number, url } = pull
  if (!pull.open)
    throw new UnwindError(
      'TARGET_REJECTED',
      `somebody has closed pull request ${number} without merging it: ${url}. Reopen it, then retry; or change ${base} by hand and answer done`,
      { pullRequest: url },
    )
  const { json } = await request(github, { path: `/pulls/${number}`, signal, wanted: `read pull request ${number}` })
  const [state = 'unknown', head = ''] = [textAt(json, 'mergeable_state'), textAt(json, 'head', 'sha')]
  if (state === 'dirty')
    throw new UnwindError(
      'TARGET_REJECTED',
      `pull request ${number} conflicts with ${base}: ${url}. Resolve it there, then retry; or close it and plan anew`,
      { pullRequest: url },
    )
  if (merge === 'people')
    return { again: POLL, doing: `waits for people to merge pull request ${number} (${told(state)}): ${url}` }
  return merged(route, { ...pull, state, head })
}

interface Looked extends Pull {
  state: string
  head: string
}

async function merged(route: PullRoute, { number, url, state, head }: Looked): Promise<Again> {
  const { github, signal } = route
  const pending = await checksOf(route, { number, url, head })
  if (pending.length > 0)
    return { again: POLL, doing: `waits for ${pending.slice(0, 3).join(', ')} of pull request ${number}: ${url}` }
  if (state === 'behind') {
    const asked = { path: `/pulls/${number}/update-branch`, method: 'PUT' as const, body: { expected_head_sha: head } }
    await request(github, { ...asked, signal, also: [422], wanted: `update pull request ${number}` })
    return { again: SOON, doing: `brings pull request ${number} up to date: ${url}` }
  }
  if (!READY.has(state))
    return {
      again: state === 'unknown' ? SOON : POLL,
      doing: `waits until pull request ${number} may be merged (${told(state)}): ${url}`,
    }
  const method = await methodOf(route)
  // Conditional: on the commit that was looked at. Refused, it is looked at again.
  const asked = { path: `/pulls/${number}/merge`, method: 'PUT' as const, body: { sha: head, merge_method: method } }
  const { status } = await request(github, {
    ...asked,
    signal,
    also: [405, 409],
    wanted: `merge pull request ${number}`,
  })
  return status === 200
    ? { again: 0, doing: `has merged pull request ${number}` }
    : { again: SOON, doing: `GitHub does not merge pull request ${number} yet (${status}): ${url}` }
}

/** `unstable`: checks that are not required have not passed; they were looked at by then. */
const READY: ReadonlySet<string> = new Set(['clean', 'unstable', 'has_hooks'])

function told(state: string): string {
  if (state === 'blocked') return 'a review or a check is missing'
  return state === 'clean' ? 'nothing stands in the way' : state
}

/** Names of the checks that have not ended. Throws TARGET_REJECTED for one that has failed. */
async function checksOf({ github, signal }: PullRoute, { number, url, head }: Pick<Looked, 'number' | 'url' | 'head'>) {
  const path = `/commits/${head}/check-runs?filter=latest&per_page=100`
  const { json } = await request(github, { path, signal, wanted: `read the checks of pull request ${number}` })
  const runs = listAt(json, 'check_runs').map((run) => ({
    name: (textAt(run, 'name') ?? '').replaceAll(/[\u0000-\u001f\u007f]+/g, ' ').slice(0, 100),
    ended: textAt(run, 'status') === 'completed',
    good: /^(?:success|neutral|skipped)$/.test(textAt(run, 'conclusion') ?? ''),
    url: textAt(run, 'html_url') ?? url,
  }))
  const failed = runs.find(({ ended, good }) => ended && !good)
  if (failed)
    throw new UnwindError(
      'TARGET_REJECTED',
      `check ${failed.name} of pull request ${number} has failed: ${failed.url}. Mend it, or merge by hand, then retry`,
      { pullRequest: url, check: failed.name },
    )
  return runs.filter(({ ended }) => !ended).map(({ name }) => name)
}

/** The first way of merging that the repository allows. */
async function methodOf({ github, signal }: PullRoute): Promise<'merge' | 'squash' | 'rebase'> {
  const { json } = await request(github, { path: '', signal, wanted: 'read the repository' })
  if (at(json, 'allow_merge_commit') !== false) return 'merge'
  return at(json, 'allow_squash_merge') === false ? 'rebase' : 'squash'
}
