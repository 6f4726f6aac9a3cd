import { expect, test } from 'vitest'
import { measurements } from '../../activities/checks/schemas.ts'
import { kinds } from '../../activities/schemas.ts'
import { importRunbook, knownBy } from '../../exchange/import/index.ts'

const read = (source: string) =>
  importRunbook(source, { format: 'auto', name: 'shop', known: knownBy(kinds, measurements) })
const stepsOf = (source: string) => read(source).document['steps'] as Record<string, unknown>[]

test('git revert and its push are one step', () => {
  const script = '#!/bin/sh\ngit pull\ngit revert --no-edit -m 1 1a2b3c4d\ngit push origin main\n'
  expect(stepsOf(script)).toEqual([
    expect.objectContaining({ kind: 'git-revert', way: 'revert', commits: '1a2b3c4d', mainline: 1 }),
  ])
  expect(read(script).findings.filter(({ outcome }) => outcome === 'refused')).toEqual([])
})

test('a checkout of an old path, with its commit and push, is one step', () => {
  const script = '#!/bin/sh\ngit checkout 1a2b3c4d -- apps/checkout/\ngit commit -m "back"\ngit push\n'
  expect(stepsOf(script)).toEqual([
    expect.objectContaining({ kind: 'git-revert', path: 'apps/checkout', to: '1a2b3c4d' }),
  ])
})

test('a forced push and a hard reset are refused, each with the reason', () => {
  for (const line of ['git push --force origin main', 'git push origin +main', 'git reset --hard 1a2b3c4d']) {
    const [finding] = read(`#!/bin/sh\n${line}\n`).findings.filter(({ outcome }) => outcome === 'refused')
    expect(finding?.reason, line).toMatch(/rewrites/)
  }
})

test('what only a running shell knows is left to a person', () => {
  for (const line of ['git revert $(git rev-parse HEAD~3)', 'git checkout HEAD~1 -- apps', 'git revert -n 1a2b3c4d'])
    expect(stepsOf(`#!/bin/sh\n${line}\n`)[0], line).toMatchObject({ kind: 'manual' })
})
