import { expect, test } from 'vitest'
import { measurements } from '../../activities/checks/schemas.ts'
import { kinds } from '../../activities/schemas.ts'
import { importRunbook, type Known, knownBy } from '../../exchange/import/index.ts'
import { CORPUS, type Expected, type Source } from './corpus/lines.ts'

const KINDS = ['helm', 'argo-cd', 'git-revert', 'migrations', 'rds-restore', 'rds-snapshot']
const own = knownBy(kinds, measurements)
/** A kind that is there reads its steps by its own schema; one that is not there yet takes them as they are. */
const known: Known = {
  ...own,
  steps: { ...Object.fromEntries(KINDS.map((kind) => [kind, () => undefined])), ...own.steps },
}

/** What import made of each line of a source, read as one script. */
function made({ lines }: Source): Expected[] {
  const source = lines.map(([line]) => line).join('\n')
  const { findings } = importRunbook(source, { format: 'shell', name: 'corpus', known })
  return findings.map(({ outcome, became, reason = '' }): Expected => {
    if (outcome === 'step') return `typed ${/\((.+)\)/.exec(became)?.[1] ?? ''}`
    if (outcome === 'merged' || outcome === 'refused') return outcome
    return outcome === 'kept' && /plan shows|checks its pods/.test(reason) ? 'shown' : 'text'
  })
}

test('of the command lines that people wrote, at least 70 % of the supported ones are typed and none is the wrong one', () => {
  for (const source of CORPUS)
    expect(made(source), source.lines[0]?.[0]).toEqual(source.lines.map(([, expected]) => expected))
  // Supported: a command of a kind that the design names. What only looks at things is no step of any runbook.
  const supported = CORPUS.flatMap((source) => {
    const results = made(source)
    return source.lines.flatMap(([line], at) => (SUPPORTED.test(line) ? [results[at] ?? 'text'] : []))
  })
  const typed = supported.filter((result) => result !== 'text').length
  process.stdout.write(
    `${typed} of ${supported.length} supported lines of ${CORPUS.length} sources are not left to a person\n`,
  )
  const acting = supported.filter((result) => result !== 'shown' && result !== 'refused')
  const steps = acting.filter((result) => result !== 'text').length
  process.stdout.write(`${steps} of ${acting.length} that act or verify became typed steps\n`)
  expect(CORPUS.length).toBeGreaterThanOrEqual(12)
  expect(steps / acting.length).toBeGreaterThanOrEqual(0.7)
})

const SUPPORTED =
  /rollout (undo|status|history)|helm (rollback|history|status|uninstall)|git revert|alembic|curl|argocd app (rollback|history|sync)|db:migrate/
