import fc from 'fast-check'
import type { ErrorCode } from '../../../model/errors.ts'
import { pathOf } from '../../api/request.ts'
import { CALLERS, type Ground } from './ground.ts'
import { otherSites, staleAnswers, strangers } from './intruders.ts'
import { type Bad, badName, goodName, type Paths, pathsOf, wrongType } from './words.ts'

/** Bad requests of every kind, in equal shares. */
export function badRequests(ground: Ground): fc.Arbitrary<Bad> {
  const paths = pathsOf(ground)
  return fc.oneof(
    brokenRollbacks(),
    wrongBodies(paths),
    wrongPlaces(),
    nobodies(),
    wrongFilters(),
    strangers(paths, ground),
    staleAnswers(ground),
    otherSites(paths),
  )
}

const INVALID: ErrorCode[] = ['INVALID_REQUEST']

/** A good request for a rollback with one thing wrong. */
function brokenRollbacks(): fc.Arbitrary<Bad> {
  const good = {
    service: 'shop',
    environment: 'test',
    reason: 'bad release',
    steps: [{ kind: 'memory', object: 'shop' }],
  }
  const [step] = good.steps
  const edits: fc.Arbitrary<object>[] = [
    fc.constantFrom(...Object.keys(good)).map((key) => ({ ...good, [key]: undefined })),
    fc
      .tuple(fc.constantFrom('service', 'environment', 'reason', 'incident'), wrongType('string'))
      .map(([key, value]) => ({ ...good, [key]: value })),
    wrongType('array').map((steps) => ({ ...good, steps })),
    fc.tuple(goodName, fc.jsonValue()).map(([key, value]) => ({ ...good, [`x${key}`]: value })),
    fc.tuple(goodName, fc.jsonValue()).map(([key, value]) => ({ ...good, steps: [{ ...step, [`x${key}`]: value }] })),
    fc.tuple(fc.constantFrom('service', 'environment'), badName).map(([key, value]) => ({ ...good, [key]: value })),
    fc
      .tuple(fc.constantFrom('object', 'system', 'id'), badName)
      .map(([key, value]) => ({ ...good, steps: [{ ...step, [key]: value }] })),
    fc
      .constantFrom('kubernets', '', 'Memory', 'shell', '__proto__', 'constructor')
      .map((kind) => ({ ...good, steps: [{ ...step, kind }] })),
    fc.constantFrom('', '  ', 'x'.repeat(501), 'a\u0000b', 'a\u001b[31mb').map((reason) => ({ ...good, reason })),
    fc.constantFrom(0, 51, 400).map((length) => ({ ...good, steps: Array.from({ length }, () => step) })),
    fc.constantFrom('test2', 'production', 'constructor').map((environment) => ({ ...good, environment })),
    fc.constant({
      ...good,
      steps: [
        { ...step, id: 'a' },
        { ...step, id: 'a' },
      ],
    }),
    fc.constantFrom('10', '-1s', 's', '1 h', '9999999s').map((timeout) => ({ ...good, steps: [{ ...step, timeout }] })),
    fc.array(wrongType(), { minLength: 1 }).map((accept) => ({ ...good, accept: [{ accept }] })),
  ]
  return fc.tuple(fc.oneof(...edits), fc.constantFrom('/v1/rollbacks', '/v1/plans')).map(([body, url]) => ({
    ...{ name: 'a rollback with one fault', method: 'POST', url, body, codes: INVALID },
    headers: CALLERS.admin,
  }))
}

/** Bodies that are something else altogether: other JSON, no JSON, too much, another type. */
function wrongBodies({ rollback, message }: Paths): fc.Arbitrary<Bad> {
  const url = fc.constantFrom(...rollback, ...message)
  const to = (name: string, body: fc.Arbitrary<unknown>, codes: ErrorCode[], headers: Record<string, string> = {}) =>
    fc.tuple(url, body).map(
      ([at, content]): Bad => ({
        ...{ name, method: 'POST', url: at, body: content, codes },
        headers: { ...CALLERS.admin, ...headers },
      }),
    )
  const types = [
    'text/plain',
    'text/html',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'application/jsonx',
    'json',
  ]
  return fc.oneof(
    to(
      'any JSON',
      fc.jsonValue().map((value) => JSON.stringify(value)),
      INVALID,
    ),
    to(
      'no JSON',
      fc.string({ unit: 'binary' }).filter((text) => !isJson(text)),
      INVALID,
    ),
    to('half of a body', fc.constant('{"service":"shop","environment":"te'), INVALID),
    to('a forged prototype', fc.constantFrom('{"__proto__":{}}', '{"constructor":{"prototype":{}}}'), INVALID),
    to(
      'far too much',
      fc.integer({ min: 262_145, max: 600_000 }).map((size) => `"${'x'.repeat(size)}"`),
      ['BODY_TOO_LARGE'],
    ),
    to(
      'deep nesting',
      fc.integer({ min: 1_000, max: 20_000 }).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
      INVALID,
    ),
    ...types.map((type) =>
      to('another type', fc.constant('{}'), ['UNSUPPORTED_MEDIA_TYPE', 'INVALID_REQUEST'], { 'content-type': type }),
    ),
    to('a key that is none', fc.constant('{}'), INVALID, { 'idempotency-key': 'with space' }),
  )
}

/** Paths with names that are none, services that nobody knows, runs that never were. */
function wrongPlaces(): fc.Arbitrary<Bad> {
  const part = fc.constantFrom('', '/report', '/events')
  const read = (name: string, url: fc.Arbitrary<string>, codes: ErrorCode[]) =>
    url.map((at): Bad => ({ name, method: 'GET', url: at, headers: CALLERS.admin, codes }))
  const encoded = badName.map((text) => encodeURIComponent(text))
  return fc.oneof(
    read(
      'a name that is none',
      fc.tuple(encoded, part).map(([name, tail]) => `/v1/rollbacks/test/${name}${tail}`),
      ['INVALID_REQUEST', 'NOT_FOUND'],
    ),
    read(
      'an environment that is none',
      fc.tuple(encoded, part).map(([name, tail]) => `/v1/rollbacks/${name}/shop${tail}`),
      ['INVALID_REQUEST', 'NOT_FOUND'],
    ),
    read(
      'an unknown service',
      fc.tuple(goodName, part).map(([name, tail]) => `${pathOf(`u-${name}`)}${tail}`),
      ['NOT_FOUND'],
    ),
    read(
      'an unknown run',
      fc.tuple(goodName, fc.uuid()).map(([name, run]) => `${pathOf(`u-${name}`)}?run=${run}`),
      ['NOT_FOUND', 'INVALID_REQUEST'],
    ),
    read(
      'a run that is no id',
      fc.tuple(goodName, encoded).map(([name, run]) => `${pathOf(name)}?run=${run}`),
      INVALID,
    ),
    read(
      'an unknown route',
      goodName.map((name) => `/v1/${name}`),
      ['NOT_FOUND'],
    ),
  )
}

/** Histories of what is no step, and messages to rollbacks that never were. */
function nobodies(): fc.Arbitrary<Bad> {
  const queries = [
    '',
    '?kind=shell',
    '?kind=constructor',
    '?kind=memory&object=a&system=constructor',
    '?kind=memory',
    '?kind=memory&object=A%20B',
    '?kind=memory&object=a&x=1',
  ]
  const history = (query: string): Bad => ({
    ...{ name: 'a history of nothing', method: 'GET', url: `/v1/services/test/shop/history${query}` },
    ...{ headers: CALLERS.admin, codes: INVALID },
  })
  const message = (service: string, part: string): Bad => ({
    ...{ name: 'a message to nobody', method: 'POST', url: pathOf(`u-${service}`, part), body: {} },
    ...{ headers: CALLERS.admin, codes: ['NOT_FOUND'] },
  })
  return fc.oneof(
    fc.constantFrom(...queries).map(history),
    fc.tuple(goodName, fc.constantFrom('claim', 'pause', 'resume')).map(([name, part]) => message(name, part)),
  )
}

/** Filters of the list that would be something else in a visibility query. */
function wrongFilters(): fc.Arbitrary<Bad> {
  const text = fc.oneof(
    fc.constantFrom('" OR 1=1', "a' OR 'a'='a", '"; DROP', 'a" AND UnwindService IS NULL', '*', '%', '`'),
    badName.map((name) => name),
  )
  const key = fc.constantFrom('environment', 'service', 'status', 'outcome', 'limit', 'page', 'sort')
  return fc
    .tuple(key, text)
    .filter(([name, value]) => !(name === 'limit' && value.trim() !== '' && Number.isInteger(Number(value))))
    .map(([name, value]) => ({
      ...{
        name: 'a filter that is none',
        method: 'GET',
        url: `/v1/rollbacks?${name}=${encodeURIComponent(value)}`,
        codes: INVALID,
      },
      headers: CALLERS.admin,
    }))
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
