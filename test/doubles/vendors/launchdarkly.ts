import { contractOf, documented, list, object, oneOf, text } from '../contract.ts'
import { type Answered, type Asked, type Double, startDouble } from '../double.ts'

/** A flag as LaunchDarkly shows it, as far as it decides anything. */
export interface LdFlag {
  key: string
  name: string
  description: string
  tags: string[]
  dependents: string[]
  environments: Record<string, LdEnvironment>
}

interface LdEnvironment {
  on: boolean
  version: number
  offVariation?: number | undefined
  fallthrough: object
  rules: object[]
  targets: object[]
  prerequisites: { key: string; variation: number }[]
  lastModified: number
}

/** LaunchDarkly's REST API for flags. `locked`: environments whose changes need an approval; `pending`: flags with a scheduled change. */
export interface LaunchDarklyDouble extends Double {
  flags: Map<string, LdFlag>
  locked: Set<string>
  pending: Set<string>
}

export const WRITER = 'api-of-a-test-writer'
export const READER = 'api-of-a-test-reader'

const environment = object({ on: oneOf(true, false), version: { type: 'integer' } }, {}, false)
const flag = object(
  {
    key: text(),
    name: text(),
    tags: list(text()),
    environments: { type: 'object', additionalProperties: environment },
  },
  {},
  false,
)
const refusal = object({ code: text(), message: text() })
/** https://launchdarkly.com/docs/api/feature-flags: get, semantic patch, dependent flags. */
const description = documented({
  'GET /api/v2/flags/{project}/{flag}': { query: { env: text() }, answers: { 200: flag, 404: refusal } },
  'PATCH /api/v2/flags/{project}/{flag}': {
    body: object(
      { environmentKey: text(), instructions: list(object({ kind: oneOf('turnFlagOn', 'turnFlagOff') })) },
      { comment: text() },
    ),
    answers: { 200: flag, 403: refusal, 404: refusal, 405: refusal, 409: refusal },
  },
  'GET /api/v2/flags/{project}/{environment}/{flag}/dependent-flags': {
    answers: { 200: object({ items: list(object({ key: text() }, { name: text() })) }), 404: refusal },
  },
})

export async function startLaunchDarkly(): Promise<LaunchDarklyDouble> {
  const state = { flags: new Map<string, LdFlag>(), locked: new Set<string>(), pending: new Set<string>() }
  const double = await startDouble({
    contract: contractOf(description),
    isWrite: ({ method }) => method === 'PATCH',
    answer: (asked) => answer(state, asked),
  })
  return Object.assign(double, state)
}

type State = Pick<LaunchDarklyDouble, 'flags' | 'locked' | 'pending'>

function answer(state: State, asked: Asked): Answered {
  const { method, path, query, headers } = asked
  if (headers.authorization !== WRITER && headers.authorization !== READER) return refused(401, 'unauthorized')
  const dependent = path.endsWith('/dependent-flags')
  const found = state.flags.get(path.split('/')[dependent ? 6 : 5] ?? '')
  if (!found) return refused(404, 'not_found')
  if (dependent) return { status: 200, body: { items: found.dependents.map((key) => ({ key })) } }
  if (method === 'PATCH') return patched(state, found, asked)
  const { dependents: _dependents, environments, ...rest } = found
  const where = query.get('env') ?? ''
  const inside = environments[where]
  return { status: 200, body: { ...rest, environments: inside ? { [where]: inside } : {} } }
}

function patched({ locked, pending }: State, found: LdFlag, { headers, body, query }: Asked): Answered {
  if (headers['content-type'] !== 'application/json; domain-model=launchdarkly.semanticpatch')
    return refused(400, 'invalid_request')
  if (headers.authorization !== WRITER) return refused(403, 'forbidden')
  const { environmentKey, instructions } = body as { environmentKey: string; instructions: { kind: string }[] }
  const inside = found.environments[environmentKey]
  if (!inside) return refused(404, 'not_found')
  if (locked.has(environmentKey)) return refused(405, 'approval_required')
  if (pending.has(found.key) && query.get('ignoreConflicts') !== 'true') return refused(409, 'conflict')
  const on = instructions[0]?.kind === 'turnFlagOn'
  if (inside.on !== on) Object.assign(inside, { on, version: inside.version + 1, lastModified: Date.now() })
  const { dependents: _dependents, ...rest } = found
  return { status: 200, body: rest }
}

function refused(status: number, code: string): Answered {
  return { status, body: { code, message: code } }
}
