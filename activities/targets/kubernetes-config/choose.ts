import { UnwindError } from '../../../model/errors.ts'
import { lastGoodOf, type Ledger } from '../../../model/service/facts.ts'
import type { Warning } from '../../../model/target.ts'
import { sameContent } from '../../versions/content.ts'
import type { Listed } from './copies.ts'
import { type Configuration, contentOf, type Spot } from './object.ts'

/** A copy with its content. */
export interface Copy extends Listed {
  object: Configuration
}

/** What one can choose from. */
export interface Choices {
  spot: Spot
  live: Configuration
  /** Newest first. */
  copies: readonly Copy[]
  ledger: Ledger | undefined
}

/** What was chosen, and what the reader of the plan should know about the choice. */
export interface Choice {
  copy: Copy
  warnings: Warning[]
}

/** Resolves `to`. Throws NO_ROLLBACK_TARGET, which says how earlier content can be kept at all. */
export function choose(to: string, choices: Choices): Choice {
  const { copies, live, ledger } = choices
  const others = copies.filter(({ object }) => !sameContent(contentOf(object), contentOf(live)))
  if (to === 'previous') {
    const [copy] = others
    if (!copy) throw nothing('a copy that holds something else', choices)
    return { copy, warnings: leftWarnings(copy) }
  }
  if (to === 'last-good') {
    const good = ledger && lastGoodOf(ledger)
    const copy = good && copies.find(({ release }) => release === good.version)
    return copy ? { copy, warnings: leftWarnings(copy) } : guessed(others, choices)
  }
  const copy = copies.find(({ release, left }) => release === to && !left) ?? copies.find(({ name }) => name === to)
  if (!copy) throw nothing(`a copy of release or name ${to}`, choices)
  return { copy, warnings: leftWarnings(copy) }
}

/** No release is recorded that ran well with any copy, so the newest one that no rollback has left is a guess. */
function guessed(others: readonly Copy[], choices: Choices): Choice {
  const copy = others.find(({ left }) => !left) ?? others[0]
  if (!copy) throw nothing('a copy that holds something else', choices)
  const message = `${copy.name} (kept at ${copy.createdAt}) was taken as last-good: it is the newest copy that holds something else, but no release is recorded that ran well with it`
  return { copy, warnings: [{ code: 'UNVERIFIED_TARGET', message, confirm: true }, ...leftWarnings(copy)] }
}

function leftWarnings({ left, name }: Copy): Warning[] {
  const message = `an earlier rollback left what ${name} holds; it may be bad as well`
  return left ? [{ code: 'ROLLED_BACK_BEFORE', message, confirm: true }] : []
}

function nothing(wanted: string, { spot, copies }: Choices): UnwindError {
  const known = copies.slice(0, 10).map(({ name, release }) => (release === undefined ? name : `${name} (${release})`))
  const there = known.length > 0 ? `there is ${known.join(', ')}` : 'there is none'
  return new UnwindError(
    'NO_ROLLBACK_TARGET',
    `Kubernetes keeps no earlier content of ${spot.title}, and ${spot.namespace} has not ${wanted}: ${there}. Keep a copy at each deploy (docs/guide/config.md), or name configuration by its content, so that it goes back with the workload's template; what Helm deployed goes back by a step of kind helm`,
    { wanted, copies: copies.slice(0, 10).map(({ name }) => name) },
  )
}
