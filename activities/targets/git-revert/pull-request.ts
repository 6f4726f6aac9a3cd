import { createHash } from 'node:crypto'
import { UnwindError } from '../../../model/errors.ts'
import type { Again, CallContext, Move } from '../../../model/target.ts'
import { at, listAt, textAt } from '../../ask.ts'
import { type Clone, fetchMore } from '../../git/clone.ts'
import { request, type Where } from '../../github/request.ts'
import { built, oneLine, ROLLBACK_TRAILER, titleOf } from './build.ts'
import { filesOf } from './changes.ts'
import { push } from './push.ts'
import type { GitRevertStep } from './schema.ts'
import { entriesAt, type GitState, moveName, sameEntries } from './state.ts'
import { lostOf } from './warnings.ts'

/** A pull request as GitHub lists it. */
export interface Pull {
  number: number
  url: string
  open: boolean
  merged: boolean
}

/** The way of one move by a pull request, found again by the name of its branch. */
export interface PullRoute {
  github: Where
  branch: string
  base: string
  merge: GitRevertStep['merge']
  signal: AbortSignal
  /** The one of this move: open, else merged, else closed. */
  find(): Promise<Pull | undefined>
  /** Whether the step wants one, or GitHub protects the branch: a right to push past that is not made use of. */
  isNeeded(): Promise<boolean>
  /** Pushes the branch, or opens the pull request: what of both is not there yet. */
  propose(): Promise<Again>
  /** Closes one that nobody waits for any more. */
  giveUp(pull: Pull | undefined): Promise<void>
}

/** Time to let whoever won a race finish. */
const RACE = 300

/** Undefined where a step goes without one. */
export function pullRoute(
  clone: Clone,
  { pullRequest, merge }: GitRevertStep,
  move: Move<GitState>,
  context: CallContext,
): PullRoute | undefined {
  const { signal, repository } = clone
  const { github, branch: base } = repository
  if (!github || pullRequest === 'never') return undefined
  const branch = branchOf(move, context)
  const route = { ...{ github, branch, base, merge, signal } }
  return {
    ...route,
    find: () => found(route),
    isNeeded: async () => pullRequest === 'always' || isProtected(github, base, signal),
    propose: () => proposed(clone, route, move, context),
    giveUp: async (pull) => {
      const asked = { path: `/pulls/${pull?.number}`, method: 'PATCH' as const, body: { state: 'closed' }, signal }
      if (pull?.open) await request(github, { ...asked, wanted: `close pull request ${pull.number}` })
    },
  }
}

function branchOf(move: Move<GitState>, { rollbackId }: CallContext): string {
  return `unwind/${moveName(move)}-${createHash('sha256').update(rollbackId).digest('hex').slice(0, 12)}`
}

/** Whether GitHub says that a branch is protected, by its settings or by a rule that wants pull requests. */
export async function isProtected(github: Where, branch: string, signal: AbortSignal): Promise<boolean> {
  const wanted = `read the protection of ${branch}`
  const name = encodeURIComponent(branch)
  const { json } = await request(github, { path: `/branches/${name}`, signal, wanted })
  if (at(json, 'protected') === true) return true
  const rules = await request(github, { path: `/rules/branches/${name}?per_page=100`, signal, wanted, also: [404] })
  return listAt(rules.json).some((rule) => BY_PULL_REQUEST.has(textAt(rule, 'type') ?? ''))
}

const BY_PULL_REQUEST: ReadonlySet<string> = new Set([
  'pull_request',
  'update',
  'required_status_checks',
  'merge_queue',
])

type Route = Pick<PullRoute, 'github' | 'branch' | 'base' | 'signal'>

async function found({ github, branch, base, signal }: Route): Promise<Pull | undefined> {
  const [owner = ''] = github.repository.split('/')
  const query = new URLSearchParams({ head: `${owner}:${branch}`, base, state: 'all', per_page: '20' })
  const path = `/pulls?${query.toString()}`
  const { json } = await request(github, { path, signal, wanted: 'list pull requests' })
  // GitHub passes over a head that it can't read.
  const pulls = listAt(json)
    .filter((pull) => textAt(pull, 'head', 'ref') === branch)
    .map(pullOf)
  return pulls.find(({ open }) => open) ?? pulls.find(({ merged }) => merged) ?? pulls[0]
}

function pullOf(json: unknown): Pull {
  const merged = textAt(json, 'merged_at') !== undefined
  return {
    ...{ number: Number(at(json, 'number')), url: textAt(json, 'html_url') ?? '', merged },
    open: textAt(json, 'state') === 'open',
  }
}

async function proposed(clone: Clone, route: Route, move: Move<GitState>, context: CallContext): Promise<Again> {
  const { github, branch, base, signal } = route
  const head = await fetchMore(clone, `refs/heads/${branch}`)
  if (head === undefined) {
    const how = await push(clone, await built(clone, move, context), branch)
    return { again: how === 'pushed' ? 0 : RACE, doing: `has pushed ${branch}` }
  }
  const paths = Object.keys(move.to.entries)
  if (!sameEntries(await entriesAt(clone, head, paths), move.to.entries))
    throw new UnwindError(
      'TARGET_REJECTED',
      `somebody has changed ${branch} of ${clone.repository.url}; delete it, then retry, which makes it anew`,
    )
  const body = { title: titleOf(move), head: branch, base, body: await bodyOf(clone, move, context) }
  const asked = { path: '/pulls', method: 'POST' as const, body, signal, also: [422], wanted: 'open a pull request' }
  const { status, json } = await request(github, asked)
  if (status === 422 && !JSON.stringify(json ?? '').includes('already exists'))
    throw new UnwindError(
      'TARGET_REJECTED',
      `GitHub opens no pull request from ${branch} to ${base} of ${github.repository} (422); open it by hand, then retry`,
    )
  return { again: 0, doing: `has opened a pull request from ${branch}` }
}

/** What people read who are to merge it. What others wrote stands as code, so that it mentions nobody and closes nothing. */
async function bodyOf(clone: Clone, move: Move<GitState>, context: CallContext): Promise<string> {
  const { rollbackId, service, environment, reason, actor, incident } = context
  const [lost, files] = [await lostOf(clone, move.from, move.to), await filesOf(clone, move.from, move.to)]
  const names = files.slice(0, FILES).map(({ path }) => path)
  const more = files.length > FILES ? [`and ${files.length - FILES} more`] : []
  return [
    `Unwind rolls back ${service} in ${environment} and waits for this.`,
    block([
      `${reason} (${actor})`,
      ...(incident === undefined ? [] : [`Incident: ${incident}`]),
      `${ROLLBACK_TRAILER}: ${rollbackId}`,
    ]),
    ...(lost.length > 0 ? ['What goes away:', block(lost)] : []),
    'Files:',
    block([...names, ...more]),
    'Closing it without merging parks the rollback.',
  ].join('\n\n')
}

const FILES = 50

function block(lines: readonly string[]): string {
  return ['```text', ...lines.map((text) => oneLine(text).replaceAll('`', '’').slice(0, 500)), '```'].join('\n')
}
