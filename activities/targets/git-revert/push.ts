import { UnwindError } from '../../../model/errors.ts'
import type { Clone } from '../../git/clone.ts'
import { type Ended, run } from '../../git/command.ts'
import type { Repository } from '../../git/connect.ts'
import { fault, withoutPassword } from '../../git/faults.ts'

const LIMIT = 120_000

/**
 * Pushes a commit to the branch, or to one of its own, never with force: the server takes it only if the branch still is where it was read, also if it
 * arrives late. `lost` when somebody else came first. Throws TARGET_FORBIDDEN for a branch that is protected.
 */
export async function push(clone: Clone, commit: string, branch?: string): Promise<'pushed' | 'lost'> {
  const { signal } = clone
  const repository = { ...clone.repository, ...(branch !== undefined && { branch }) }
  const access = await repository.access()
  const options = ['--porcelain', '--no-verify', '--no-follow-tags', '--recurse-submodules=no']
  const refs = `${commit}:refs/heads/${repository.branch}`
  const ended = await run(repository, ['push', ...options, '--', repository.url, refs], {
    signal,
    access,
    within: LIMIT,
  })
  if (ended.code === 0) return 'pushed'
  const refused = /^!\t[^\t]*\t(.*)$/m.exec(ended.out)?.[1]
  // A failure of the remote is one to report: what it has done is known by reading.
  if (refused === undefined || refused.startsWith('[remote failure]')) throw fault(repository, ended, 'push')
  if (/^\[rejected\]|failed to update ref|cannot lock ref|incorrect old value|reference already exists/i.test(refused))
    return 'lost'
  throw declined(repository, ended, refused)
}

function declined({ url, branch, name }: Repository, { said }: Ended, refused: string): UnwindError {
  const told = said
    .split('\n')
    .filter((text) => text.startsWith('remote:') && /[A-Za-z]/.test(text.slice('remote:'.length)))
  const why = withoutPassword([refused, ...told].join(' ').slice(0, 400))
  if (/protected|GH006|GH013|rule violations|not allowed to push|prohibited/i.test(why))
    return new UnwindError(
      'TARGET_FORBIDDEN',
      `${branch} of ${url} is protected and takes no push of connection ${name}: ${why}. Let its account push there, then retry; or name github in the connection, so that the step opens a pull request`,
      { protected: true },
    )
  return new UnwindError(
    'TARGET_REJECTED',
    `${url} does not take the commit on ${branch}: ${why}. Mend what it asks for, then retry; or make the change by hand and answer done`,
  )
}
