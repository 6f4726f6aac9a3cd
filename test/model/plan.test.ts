import { expect, test } from 'vitest'
import { planMarkdown } from '../../model/report/index.ts'
import { step } from '../cli/record.ts'

const PLACE = { service: 'checkout', environment: 'production' }
const RULE = { min: 2, groups: ['sre'], self: false, expires: 1_800_000 }

test('a plan in Markdown tells what changes, what is lost, what it needs, and beside its digest how long it takes', () => {
  const { plan } = step()
  if (!plan) throw new Error('a planned step has a plan')
  const text = planMarkdown(
    {
      digest: 'a'.repeat(64),
      steps: [
        step({ plan: { ...plan, lost: ['3 commits'], impact: ['no capacity'], reversible: { because: 'no copy' } } }),
        step({ id: 'm', title: 'Open the shop', role: 'manual', plan: undefined as never }),
      ],
      need: { rules: [RULE], because: ['policy'] },
      expected: { least: 30_000, most: 250_000, people: 1 },
    },
    PLACE,
  )
  for (const line of [
    '# Plan for checkout in production',
    '| containers.app.image | shop/checkout:v1.9 | shop/checkout:v1.8 |',
    '- Lost: 3 commits',
    '- Meanwhile: no capacity',
    "- **Can't be taken back**: no copy",
    '## 2. Open the shop',
    '- 2 approvals from sre, within 30 min',
    '- because: policy',
    'Takes at least 30 s and at most 4 min 10 s, besides one step of people.',
    `Digest \`${'a'.repeat(64)}\``,
  ])
    expect(text.split('\n')).toContain(line)
})

test('text of systems forges no heading, row or link', () => {
  const { plan } = step()
  const forged = { path: 'a|b', from: '[x](http://evil)', to: '# heading\n# another' }
  const text = planMarkdown({ steps: [step({ ...(plan && { plan: { ...plan, changes: [forged] } }) })] }, PLACE)
  expect(text).toContain('| a\\|b | \\[x\\](http://evil) | \\# heading \\# another |')
  expect(text.match(/^# /gm)).toHaveLength(1)
})

test('a question that is open, or a stop, stands in place of a plan', () => {
  const asking = { id: 'a', question: 'Is it the release?', attempt: 1, since: 0 }
  expect(planMarkdown({ steps: [], decision: { path: [], asking } }, PLACE)).toContain(
    'A person has to answer: Is it the release?',
  )
  expect(planMarkdown({ steps: [], stop: 'Look elsewhere.' }, PLACE)).not.toContain('Needs')
})
