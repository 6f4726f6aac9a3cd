import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { measurements } from '../../activities/checks/schemas.ts'
import { kinds } from '../../activities/schemas.ts'
import { importRunbook, knownBy } from '../../exchange/import/index.ts'

const known = knownBy(kinds, measurements)

/** What a command line becomes: the steps of the document, without those that a person does. */
function typed(line: string): Record<string, unknown>[] {
  const { text } = importRunbook(line, { format: 'shell', name: 'wary', known })
  const { steps } = parse(text) as { steps?: Record<string, unknown>[] }
  return (steps ?? []).filter(({ kind }) => kind !== 'manual')
}

describe('a command is left to a person', () => {
  test.each([
    ['where what stands before it is a condition', 'grep -q broken log && kubectl rollout undo deployment/api'],
    ['where a condition stands further up', '[ -n "$X" ] && echo hi && kubectl rollout undo deployment/api'],
    [
      'where a pipe is the condition',
      'kubectl get deploy api | grep -q Degraded && kubectl rollout undo deployment/api',
    ],
    [
      'where a failure is the condition',
      '! curl -f https://a.example.com/health && kubectl rollout undo deployment/api',
    ],
    ['where a variable of its own says which cluster', 'KUBECONFIG=/other kubectl rollout undo deployment/api'],
    ['where a flag says which cluster', 'kubectl --context other rollout undo deployment/api'],
    ['where a pipe says what must not be there', 'curl -fs https://a.example.com/health | grep -v error'],
    ['where asking twice would act twice', 'curl -fsS https://a.example.com/api/restart'],
    ['where a query may act', 'curl -fsS "https://a.example.com/app?rollback=true"'],
    ['where any certificate is trusted', 'curl -kf https://a.example.com/health'],
  ])('%s', (_, line) => {
    expect(typed(line)).toEqual([])
  })
})

test('what a pipe looks for is a text of the answer, or its status where the status is what is printed', () => {
  const check = (line: string) => (typed(line)[0]?.['all'] as object[] | undefined)?.[0]
  expect(check('curl -fs https://a.example.com/health | grep -q ok')).toMatchObject({ status: 200, contains: 'ok' })
  const printed = "curl -s -o /dev/null -w '%{http_code}' https://a.example.com/health | grep -q"
  expect(check(`${printed} 204`)).toEqual({ http: 'a.example.com', path: '/health', status: 204 })
  expect(check('curl -sI https://a.example.com/health | grep "200 OK"')).toMatchObject({ status: 200 })
  expect(check('curl -sI https://a.example.com/health | grep nginx')).toBeUndefined()
})

test('what only changes folder or prints is no condition', () => {
  expect(typed('cd repo && kubectl rollout undo deployment/api')).toMatchObject([{ kind: 'kubernetes' }])
})
