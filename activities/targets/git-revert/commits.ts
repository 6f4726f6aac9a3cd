import type { Clone } from '../../git/clone.ts'

/** A commit, as people know it. */
export interface Commit {
  id: string
  author: string
  subject: string
  at: string
}

const FORMAT = '%H%x1f%an%x1f%s%x1f%cI'

/** Commits that changed a path, newest first: `args` say which of them, as rev-list takes them. */
export async function commitsOf(clone: Clone, args: readonly string[], paths: readonly string[]): Promise<Commit[]> {
  const within = paths.includes('.') ? [] : ['--', ...paths]
  const told = await clone.git(['log', '-z', `--format=${FORMAT}`, '--no-show-signature', ...args, ...within])
  return told.split('\0').flatMap((text) => {
    const [id, author = '', subject = '', at = ''] = text.trim().split('\u001f')
    return id ? [{ id, author: plain(author), subject: plain(subject), at }] : []
  })
}

/** One line for people: `1a2b3c4d5e6f Ann: a larger pool`. */
export function toldCommit({ id, author, subject }: Commit): string {
  return `${short(id)} ${author}: ${subject}`
}

export function short(id: string): string {
  return id.slice(0, 12)
}

/** Bounded, and without control characters that could forge a line. */
function plain(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f]/g, ' ').slice(0, 120)
}
