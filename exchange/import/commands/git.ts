import { manual, type Recogniser, refused } from '../became.ts'
import { readFlags } from '../flags.ts'

/** `git revert`, a checkout of an old path, and what goes before and after them. */
export const git: Recogniser = (args) => {
  const [verb, ...rest] = args
  if (verb === 'checkout' && rest.includes('--')) return restore(rest.slice(0, rest.indexOf('--')), rest)
  if (verb === 'restore') return restored(rest)
  if (verb === 'add' || verb === 'commit') return done('The step commits what it takes back.')
  if (/^(log|status|show|diff|fetch|pull|checkout|switch|clone|config|branch|remote|rev-parse)$/.test(verb ?? ''))
    return { as: 'look', with: 'git-revert', because: 'The step works on a clone of its own.' }
  if (verb === 'revert') return revert(rest)
  if (verb === 'push') return push(rest)
  if (verb === 'reset' && rest.includes('--hard'))
    return refused(
      'git reset --hard throws work away, and pushing it afterwards rewrites what others have.',
      'git revert <commit>: it takes the change back and keeps the history.',
    )
  return manual(`git ${verb ?? ''} has no step of its own.`)
}

function revert(args: readonly (string | undefined)[]): ReturnType<Recogniser> {
  const { positional, values, unclear, has } = readFlags(
    args,
    'no-edit',
    'mainline|m=',
    'no-commit|n',
    'signoff|s',
    'abort',
    'continue',
  )
  if (unclear.length > 0 || has('abort') || has('continue') || has('no-commit'))
    return manual('This form of git revert is finished by hand.')
  const [commit] = positional
  if (positional.length !== 1) return manual('It reverts several commits; write one line for each, the newest first.')
  if (commit === undefined) return manual('The commit is looked up while the script runs.')
  const mainline = Number(values.get('mainline'))
  const because =
    commit === 'HEAD' ? 'HEAD may have moved on since the bad change: the plan shows which commit it is.' : undefined
  return {
    as: 'step',
    step: { kind: 'git-revert', way: 'revert', commits: commit, ...(mainline > 0 && { mainline }) },
    object: 'repository',
    ...(because && { because }),
  }
}

function push(args: readonly (string | undefined)[]): ReturnType<Recogniser> {
  if (args.some((arg) => /^(-f|--force|--force-with-lease.*|\+.*|--delete|-d|--mirror)$/.test(arg ?? '')))
    return refused(
      'A forced push rewrites the history that others have, and hides what was deployed.',
      'git revert <commit> and an ordinary push.',
    )
  return done('The step pushes what it takes back.')
}

/** `git restore --source <commit> -- <path>`. */
function restored(args: readonly (string | undefined)[]): ReturnType<Recogniser> {
  const { positional, values, unclear } = readFlags(args, 'source|s=', 'staged|S', 'worktree|W')
  if (unclear.length > 0 || !values.has('source')) return manual('It does not say from which commit.')
  return restore([values.get('source')], ['--', ...positional])
}

/** A path as it was at a commit, whole. */
function restore(
  commits: readonly (string | undefined)[],
  rest: readonly (string | undefined)[],
): ReturnType<Recogniser> {
  const [to] = commits
  const paths = rest.slice(rest.indexOf('--') + 1)
  const [path] = paths
  if (commits.length !== 1 || paths.length !== 1)
    return manual('A step takes one path back to one commit; write one for each.')
  if (to === undefined || path === undefined) return manual('Commit or path are looked up while the script runs.')
  if (/^HEAD|[~^]/.test(to)) return manual(`${to} moves with the branch; name the commit, or write to: previous.`)
  return { as: 'step', step: { kind: 'git-revert', path: path.replace(/\/$/, ''), to }, object: 'repository' }
}

function done(because: string): ReturnType<Recogniser> {
  return { as: 'verification', kind: 'git-revert', object: 'repository', because }
}
