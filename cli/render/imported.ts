import type { Finding, Needs } from '../../exchange/import/index.ts'
import type { Line, Style } from './span.ts'

const MARKS: Record<Finding['outcome'], readonly [Style, string]> = {
  step: ['good', '+'],
  merged: ['good', '='],
  asked: ['ask', '?'],
  ticked: ['ask', '☐'],
  kept: ['dim', '·'],
  refused: ['bad', '✗'],
}

/** What each line became: the line as it was, below it where it stands now and why; kept lines only where they say why. */
export function diffLines(findings: readonly Finding[]): Line[] {
  const width = String(findings.at(-1)?.end ?? 1).length
  return findings.flatMap(({ line, original, outcome, became, reason, instead }): Line[] => {
    const [style, mark] = MARKS[outcome]
    const indent = ' '.repeat(width + 3)
    const shown = original.split('\n').map((text, at): Line => {
      const number = at === 0 ? `${String(line).padStart(width)} ${mark} ` : indent
      return [
        [style, number],
        [outcome === 'refused' ? 'removed' : 'plain', text],
      ]
    })
    if (outcome === 'kept') return [[...(shown[0] ?? []), ['dim', `   → ${became}`]], ...shown.slice(1)]
    return [
      ...shown,
      [
        [style, `${indent}→ ${became}`],
        ['dim', reason === undefined ? '' : `: ${reason}`],
      ],
      ...(instead === undefined ? [] : [[['good', `${indent}  Instead: ${instead}`]] as Line]),
    ]
  })
}

/** How many lines became what, what was refused, and what the configuration needs for it. */
export function summaryLines(findings: readonly Finding[], needs: Needs): Line[] {
  const count = (...outcomes: Finding['outcome'][]) =>
    findings.filter(({ outcome }) => outcomes.includes(outcome)).length
  const counts = `${count('step', 'merged')} became steps, ${count('asked', 'ticked')} are asked or ticked, ${count('kept')} kept, ${count('refused')} refused`
  const refused = findings.filter(({ outcome }) => outcome === 'refused')
  return [
    [['bold', `${counts}.`]],
    ...refused.map(
      ({ line, reason }): Line => [
        ['bad', `  line ${line} refused: `],
        ['plain', reason ?? ''],
      ],
    ),
    ...needed(needs).map((need): Line => [['plain', `  The configuration needs ${need}`]]),
  ]
}

function needed({ connections, queries, channels }: Needs): string[] {
  return [
    ...Object.entries(connections).map(
      ([name, origin]) =>
        `connection ${name}: kind http, ${origin === '' ? 'with the address of the service as its origin' : `origin ${origin}`}`,
    ),
    ...(queries.length > 0
      ? [
          `a connection of kind prometheus with ${queries.length === 1 ? 'the query' : 'the queries'} ${queries.join(', ')}`,
        ]
      : []),
    ...channels.map((name) => `channel ${name}`),
  ]
}
