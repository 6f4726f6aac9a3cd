import { expect, test } from 'vitest'
import { measurements } from '../../activities/checks/schemas.ts'
import { RunbookDocument } from '../../activities/runbook.ts'
import { readConfiguration } from '../../config/load.ts'
import { lintRunbook } from '../../config/runbooks/lint.ts'
import { surroundingsOf } from '../../model/runbook/loaded.ts'

const configuration = readConfiguration(
  `apiVersion: unwind/v1
kind: Configuration
environments: { production: {}, staging: {} }
connections:
  metrics: { kind: prometheus, environment: production, origin: 'https://p.example.org', queries: { error_rate: { query: x }, of_version: { query: 'x{v="{{ version }}"}' } } }
  graphs-a: { kind: grafana, environment: production, origin: 'https://a.example.org', queries: {} }
  graphs-b: { kind: grafana, environment: production, origin: 'https://b.example.org', queries: {} }
  shop: { kind: http, environment: staging, origin: 'https://shop.example.org' }
`,
  'unwind.yaml',
)

/** What lint says of a runbook whose only trigger is this one, as `line path: message`; the column is that of the key. */
function lint(trigger: string, { environments = '{ production: {} }', known = true, at = '' } = {}): string[] {
  const text = `apiVersion: unwind/v1
kind: Runbook
metadata: { name: shop, service: shop }
environments: ${environments}

triggers:
  - ${trigger}
steps:
  - { id: app, kind: kubernetes, workload: deployment/shop, namespace: shop }
`
  const around = known ? surroundingsOf(configuration, measurements) : {}
  return lintRunbook(text, RunbookDocument, around).problems.map(({ line, column, path, message }) => {
    const [key = ''] = /\w+$/.exec(path) ?? []
    expect(text.split('\n')[line - 1]?.slice(column - 1)).toMatch(new RegExp(`^${at || key}`))
    return `${line} ${path}: ${message}`
  })
}

test.each([
  ['{ id: a, match: { alertname: Errors } }'],
  ['{ id: a, check: { prometheus: error_rate, above: 10%, for: 5m, every: 15s } }'],
  ['{ id: a, check: { prometheus: error_rate, above: 1%, below: 10% } }'],
  ['{ id: a, check: { prometheus: error_rate, atLeast: 2, atMost: 2 } }'],
  ['{ id: a, check: { pods: healthy, of: app }, environment: production }'],
  ['{ id: a, check: { openfeature: new-checkout, is: false, contexts: [{ targetingKey: a }] } }', { known: false }],
  ['{ id: a, check: { argo-analysis: rollout/shop, namespace: shop } }', { known: false }],
  ['{ id: a, check: { prometheus: no_such, server: nowhere, above: 1 } }', { known: false }],
] as [string, { known: boolean }?][])('%s is in order', (trigger, around = { known: true }) => {
  expect(lint(trigger, around)).toEqual([])
})

test.each([
  ['{ id: a }', '7 triggers[0]: never fires: say match (labels of an alert) or check'],
  ['{ id: a, match: {} }', '7 triggers[0].match: name at least one label: this matches every alert'],
  [
    '{ id: a, check: { prometheus: error_rate, above: 10%, below: 5% } }',
    '7 triggers[0].check.below: nothing is above 10% and below 5%',
  ],
  [
    '{ id: a, check: { prometheus: error_rate, atLeast: 1s, below: 1000ms } }',
    '7 triggers[0].check.below: nothing is at least 1s and below 1000ms',
  ],
  ['{ id: a, check: { prometheus: error_rate } }', '7 triggers[0].check: state a bound: above, below, atLeast, atMost'],
  [
    '{ id: a, check: { prometheus: error_rate, above: much } }',
    '7 triggers[0].check.above: write a number, a percentage or a duration',
  ],
  [
    '{ id: a, check: { prometheus: error_rat, above: 1% } }',
    '7 triggers[0].check.prometheus: there is no query error_rat; did you mean error_rate?',
  ],
  [
    '{ id: a, check: { prometheus: of_version, above: 1% } }',
    '7 triggers[0].check.prometheus: the query of_version asks for {{ version }}; say version',
  ],
  [
    '{ id: a, check: { prometheus: error_rate, above: 1%, server: metric } }',
    '7 triggers[0].check.server: there is no connection of kind prometheus metric; did you mean metrics?',
  ],
  [
    '{ id: a, check: { prometheus: error_rate, above: 1%, server: shop } }',
    '7 triggers[0].check.server: shop is of kind http, not prometheus',
  ],
  ['{ id: a, check: { http: shop } }', '7 triggers[0].check.http: shop belongs to staging, not to production'],
  [
    '{ id: a, check: { grafana: errors, above: 1 } }',
    '7 triggers[0].check: needs a connection of kind grafana, and production has 2; name one of graphs-a, graphs-b',
  ],
  [
    '{ id: a, check: { crashing: deployment/shop, namespace: shop, atLeast: 1 } }',
    '7 triggers[0].check: needs a connection of kind kubernetes, and production has none in unwind.yaml',
  ],
  [
    '{ id: a, check: { pods: healthy, of: ap } }',
    '7 triggers[0].check.of: there is no step that changes something called ap; did you mean app?',
  ],
  [
    '{ id: a, check: { prometheus: error_rate, above: 1%, every: 10ms } }',
    '7 triggers[0].check.every: must be at least 1s',
  ],
  [
    '{ id: a, match: { alertname: x }, environment: prod }',
    '7 triggers[0].environment: there is no environment of this runbook called prod; there is: production',
  ],
])('%s is not: %s', (trigger, problem) => {
  expect(lint(trigger)).toEqual([problem])
})

test('keys that are none, and kinds of measurement that there are not, are found in their place', () => {
  expect(lint('{ id: a, check: { prometheus: error_rate, abov: 1% } }', { at: '(?:check|abov)' }).join()).toMatch(
    /^7 triggers\[0\]\.check: .*did you mean above\?/,
  )
  expect(lint('{ id: a, check: { prometeus: error_rate, above: 1% } }', { at: '.' }).join()).toMatch(
    /^7 triggers\[0\]\.check.*prometeus.*did you mean prometheus/,
  )
  expect(lint('{ id: a, check: { crashing: deployment/shop, namespace: shop, atLeast: 0 } }')).toHaveLength(1)
})

test('two triggers of one name, and one that no environment of a runbook for all of them has', () => {
  const twin = '{ id: a, match: { alertname: x } }'
  expect(lint(`${twin}\n  - ${twin}`)).toEqual(['8 triggers[1].id: two triggers are called a; give each its own id'])
  const elsewhere = '{ id: a, match: { alertname: x }, environment: prod }'
  expect(lint(elsewhere, { environments: '{}' }).join()).toContain('there is no environment prod')
})

test('a check of a step is held against the configuration as well, in every environment where the runbook runs', () => {
  const check = '{ kind: check, all: [{ prometheus: error_rate, below: 1% }] }'
  const text = `apiVersion: unwind/v1
kind: Runbook
metadata: { name: shop, service: shop }
steps:
  - ${check}
`
  const { problems } = lintRunbook(text, RunbookDocument, surroundingsOf(configuration, measurements))
  const missing = 'needs a connection of kind prometheus, and staging has none in unwind.yaml'
  const everywhere = `${missing}; say under environments where the runbook runs`
  expect(problems).toEqual([{ path: 'steps[0].all[0]', message: everywhere, line: 5, column: 26 }])
  const lintIn = (environments: string) =>
    lintRunbook(
      text.replace('steps:', `environments: ${environments}\nsteps:`),
      RunbookDocument,
      surroundingsOf(configuration, measurements),
    ).problems
  expect(lintIn('{ production: {} }')).toEqual([])
  const both = lintIn('{ production: {}, staging: {} }')
  expect(both).toEqual([{ path: 'steps[0].all[0]', message: missing, line: 6, column: 26 }])
})

test('settings of triggers of which one leaves no room for another are refused where they stand', () => {
  const read = (triggers: string) => () =>
    readConfiguration(
      `apiVersion: unwind/v1\nkind: Configuration\nenvironments: { production: {} }\nconnections: {}\ntriggers: ${triggers}\n`,
      'unwind.yaml',
    )
  expect(read('{ veto: 5m, expires: 1h, fleet: { atOnce: 2, perDay: 2 } }')).not.toThrow()
  expect(read('{ veto: 5h }')).toThrow('unwind.yaml:5:13: triggers.veto: must be shorter than expires (4h)')
  expect(read('{ veto: 0s }')).toThrow('leaves nobody time to say no')
  expect(read('{ gather: 10m }')).toThrow('must not be longer than fleet.window (5m)')
  expect(read('{ fleet: { atOnce: 5, perDay: 4 } }')).toThrow("can't be reached: fleet.perDay is 4")
  const freeze = "{ from: '2026-12-23T00:00:00Z', to: '2026-12-27T00:00:00Z', reason: x, environment: prod }"
  expect(read(`{ freeze: [${freeze}] }`)).toThrow('triggers.freeze[0].environment: prod is not known')
})
