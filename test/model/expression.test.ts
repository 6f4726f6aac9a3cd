import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkExpression, evaluate, VARIABLES, variablesOf } from '../../model/expression/index.ts'
import type { Facts } from '../../model/runbook/progress.ts'

const FACTS: Facts = {
  service: 'checkout',
  environment: 'production',
  parameters: { release: 'v1.8', replicas: 3, share: 0.5, urgent: true },
  now: Date.parse('2026-03-01T12:00:00Z'),
  alert: { startsAt: '2026-03-01T11:50:00Z', labels: { severity: 'critical', alertname: 'CheckoutErrors' } },
  release: { version: 'v1.9', deployedAt: '2026-03-01T11:30:00Z', migrations: ['0042_drop_basket', '0043_index'] },
  steps: { healthy: { status: 'done', passed: true }, 'with-database': { status: 'skipped', passed: false } },
}

/** Expression, answer. The whole language that runbooks may use; another library has to give the same answers. */
const ANSWERS: [string, boolean][] = [
  ['alert.startsAt - release.deployedAt < duration("30m")', true],
  ['alert.startsAt - release.deployedAt < duration("10m")', false],
  ['now - alert.startsAt >= duration("600s")', true],
  ['size(release.migrations) > 0', true],
  ['release.migrations.exists(m, m.contains("drop"))', true],
  ['release.migrations.all(m, m.startsWith("004"))', true],
  ['release.migrations.filter(m, m.endsWith("index")).size() == 1', true],
  ['"0043_index" in release.migrations', true],
  ['service == "checkout" && environment != "staging"', true],
  ['parameters.urgent', true],
  ['parameters.replicas + 1 == 4', true],
  ['parameters.replicas > 2.5', true],
  ['parameters.share * 2.0 >= 1.0', true],
  ['parameters["release"] == "v1.8"', true],
  ['has(release.commit)', false],
  ['has(release.commit) && release.commit == "abc"', false],
  ['has(alert.labels.severity) ? alert.labels.severity == "critical" : false', true],
  ['"team" in alert.labels', false],
  ['steps.healthy.passed', true],
  ['steps["with-database"].passed || steps["with-database"].status == "skipped"', true],
  ['now.getHours() == 12 && now.getFullYear() == 2026', true],
  ['timestamp("2026-03-01T12:00:00Z") == now', true],
  ['release.commit == "abc" || true', true],
  ['false && plan.irreversible', false],
]

test.each(ANSWERS)('%s', (source, value) => {
  expect(checkExpression(source, 'bool')).toEqual([])
  expect(evaluate(source, FACTS)).toEqual({ inputs: expect.any(Object), value })
})

/** Expression, what is not known or why there is no answer. */
const UNKNOWN: [string, string][] = [
  ['plan.irreversible || plan.data', 'plan is not known'],
  ['release.commit == "abc"', 'release.commit is not known'],
  ['service == "checkout" && release.commit == "abc"', 'release.commit is not known'],
  ['alert.labels.team == "payments"', 'alert.labels.team is not known'],
  ['steps["later-step"].passed', 'steps["later-step"].passed is not known'],
  ['parameters.release', 'the result is a string, not true or false'],
  ['parameters.release > 3', 'no such overload'],
  ['1 / (parameters.replicas - 3) == 1', 'division by zero'],
  ['timestamp(parameters.release) == now', 'timestamp() requires a string'],
  ['alert.labels.constructor == "x"', 'alert.labels.constructor is not known'],
  ['parameters["__proto__"] == "x"', 'parameters.__proto__ is not known'],
  ['steps.hasOwnProperty.passed', 'steps.hasOwnProperty.passed is not known'],
]

test.each(UNKNOWN)('%s has no answer', (source, because) => {
  expect(evaluate(source, FACTS)).toEqual({ inputs: expect.any(Object), unknown: expect.stringContaining(because) })
})

/** Expression, the part of it that is marked, what is said. */
const REFUSED: [string, string, string][] = [
  ['servce == "checkout"', 'servce', 'there is no servce; did you mean service?'],
  ['size(release.migratoins) > 0', 'migratoins', 'release has no migratoins; did you mean migrations?'],
  ['alert["startAt"] == now', '"startAt"', 'alert has no startAt; did you mean startsAt?'],
  ['parameters.releas == "x"', 'releas', 'parameters has no releas; did you mean release?'],
  ['steps.helthy.passed', 'helthy', 'steps has no helthy; did you mean healthy?'],
  ['steps.healthy.pased', 'pased', 'a step has no pased; did you mean passed?'],
  ['steps.with-database.passed', 'with', 'a name with a dash is written in brackets'],
  ['weather == "rain"', 'weather', 'there is no weather; there is: service, environment, parameters'],
  ['constructor == 1', 'constructor', 'there is no constructor'],
  ['__proto__ == 1', '__proto__', 'Reserved identifier'],
  ['google.protobuf.Timestamp == type(now)', 'google', 'there is no google'],
  ['service.matches("^(a+)+$")', 'matches', 'a regular expression can take minutes'],
  ['cel.bind(x, 1, x == 1)', 'cel', 'there is no cel'],
  ['service.startWith("a")', 'startWith', 'there is no function startWith; did you mean startsWith?'],
  ['service.split("").size() > 1', 'split', 'there is no function split'],
  ['service', 'service', 'it is of type string; write something that is true or false'],
  ['service == 3', 'service == 3', 'no such overload: string == int'],
  ['service ==', '', 'Unexpected token: EOF'],
  ['', '', 'Unexpected token: EOF'],
  ['service == "checkout', '"checkout', 'Unterminated'],
]

test.each(REFUSED)('%s is refused at %j', (source, marked, message) => {
  const [problem] = checkExpression(source, 'bool', {
    parameters: ['release'],
    steps: ['healthy', 'with-database'],
  })
  expect(problem?.message).toContain(message)
  expect(source.slice(problem?.start, problem?.end)).toBe(marked)
})

describe('what an expression may cost is bounded', () => {
  const list = `[${Array.from({ length: 60 }, (_, index) => index).join()}]`

  test.each([
    ['its length', `${'true && '.repeat(300)}true`, 'characters, at most 2000'],
    ['its nodes', `${'true && '.repeat(150)}true`, 'maxAstNodes (200)'],
    ['its depth', `${'('.repeat(30)}true${')'.repeat(30)}`, 'maxDepth (24)'],
    ['its loops', `${list}.map(a, a).map(a, a).map(a, a).all(a, a > 0)`, 'at most 3 of all'],
    ['loops inside loops', `${list}.all(a, ${list}.all(b, [1].all(c, c > a + b)))`, 'nest'],
  ])('%s', (_what, source, message) => {
    expect(checkExpression(source, 'bool')[0]?.message).toContain(message)
    expect(evaluate(source, FACTS)).toEqual({ inputs: {}, unknown: expect.stringContaining(message) })
  })

  test('and what it takes of the facts', () => {
    const migrations = Array.from({ length: 101 }, (_, index) => `m${index}`)
    const large = evaluate('size(release.migrations) > 0', { ...FACTS, release: { migrations } })
    expect(large).toEqual({ inputs: expect.any(Object), unknown: expect.stringContaining('too large') })
    expect(large.inputs['release.migrations']).toHaveLength(21)
  })

  test('so that the dearest ones end soon', () => {
    const migrations = Array.from({ length: 100 }, (_, index) => `${'m'.repeat(990)}${index}`)
    const sum = Array.from({ length: 40 }, () => 'a + b').join(' + ')
    const began = performance.now()
    const source = `release.migrations.all(a, release.migrations.all(b, !(${sum}).contains("x")))`
    expect(evaluate(source, { ...FACTS, release: { migrations } })).toMatchObject({ value: true })
    expect(performance.now() - began).toBeLessThan(5_000)
  })
})

describe('the record holds what an expression was evaluated from', () => {
  test('and nothing else', () => {
    const source = 'alert.startsAt - release.deployedAt < duration("30m") && !has(release.commit)'
    expect(evaluate(source, FACTS).inputs).toEqual({
      'alert.startsAt': '2026-03-01T11:50:00Z',
      'release.deployedAt': '2026-03-01T11:30:00Z',
      'release.commit': null,
    })
  })

  test('clipped', () => {
    const facts = { ...FACTS, parameters: { note: 'n'.repeat(900) } }
    expect(String(evaluate('parameters.note == "x"', facts).inputs['parameters.note'])).toHaveLength(201)
  })

  test('with names that need brackets written in brackets', () => {
    expect(evaluate('steps["with-database"].passed', FACTS).inputs).toEqual({ 'steps["with-database"].passed': false })
  })
})

test('an expression says which variables it reads, without those of its own', () => {
  expect(
    variablesOf('release.migrations.exists(service, service == "x") && now > alert.startsAt && now > now'),
  ).toEqual(['release', 'now', 'alert'])
  expect(variablesOf('1 +')).toEqual([])
})

test('every variable says who produces it', () => {
  expect(Object.values(VARIABLES).filter(({ producer }) => producer.length === 0)).toEqual([])
})

/** Pieces that an expression is made of, put together at random. */
const piece = fc.constantFrom(
  ...['service', 'parameters.x', 'alert.labels', 'steps', 'now', 'plan.data', '__proto__', 'constructor', 'toString'],
  ...['(', ')', '[', ']', '.', ',', '?', ':', '&&', '||', '!', '==', '<', '+', '-', '*', '/', 'in', ' '],
  ...[
    'true',
    'null',
    '1',
    '1.5',
    '"a"',
    "b'a'",
    'has(',
    'size(',
    '.exists(x, ',
    '.map(y, ',
    'duration("1s")',
    '{',
    '}',
  ],
)

test('no text makes check or evaluate throw, and what has problems has no answer', () => {
  const source = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('')),
  )
  fc.assert(
    fc.property(source, (text) => {
      const problems = checkExpression(text, 'bool')
      for (const { start, end } of problems) {
        expect(start).toBeLessThanOrEqual(end)
        expect(end).toBeLessThanOrEqual(text.length)
      }
      const answer = evaluate(text, FACTS)
      expect('value' in answer ? typeof answer.value : typeof answer.unknown).toBe(
        'value' in answer ? 'boolean' : 'string',
      )
      if (problems.length > 0) expect(answer).toHaveProperty('unknown')
      variablesOf(text)
    }),
    { numRuns: 2_000 },
  )
})

test('no facts make evaluate throw', () => {
  const facts = fc.record(
    {
      parameters: fc.object(),
      alert: fc.anything(),
      release: fc.anything(),
      plan: fc.anything(),
      steps: fc.anything(),
    },
    { requiredKeys: ['parameters'] },
  )
  fc.assert(
    fc.property(facts, fc.constantFrom(...[...ANSWERS, ...UNKNOWN].map(([source]) => source)), (given, source) => {
      const answer = evaluate(source, { ...FACTS, ...given } as unknown as Facts)
      expect(Object.keys(answer)).toContain('inputs')
    }),
    { numRuns: 2_000 },
  )
})

test('names that every object has are no facts', () => {
  const name = fc.constantFrom('constructor', '__proto__', 'prototype', 'toString', 'hasOwnProperty', 'valueOf')
  const where = fc.constantFrom('parameters', 'alert.labels', 'steps', 'release', 'plan', 'alert')
  fc.assert(
    fc.property(name, where, fc.boolean(), (word, root, brackets) => {
      const path = brackets ? `${root}["${word}"]` : `${root}.${word}`
      expect(evaluate(`has(${root}.${word})`, FACTS)).not.toMatchObject({ value: true })
      expect(evaluate(`dyn(${path}) == dyn(${path})`, FACTS)).toHaveProperty('unknown')
    }),
  )
})
