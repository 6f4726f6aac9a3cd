import type { Configuration } from '../model/configuration.ts'
import { type DocumentProblem, type Locate, writtenPath } from './document.ts'
import { milliseconds } from '../model/duration.ts'
import { nearest } from '../model/nearest.ts'

/** What no schema of a part can see: names that must exist elsewhere in the same file. At most 20 problems. */
export function crossCheck(configuration: Configuration, at: Locate): DocumentProblem[] {
  const environments = Object.keys(configuration.environments)
  const connections = Object.keys(configuration.connections)
  const names = [
    ...Object.entries(configuration.connections).map(([name, { environment }]) =>
      misnamed(['connections', name, 'environment'], environment, environments),
    ),
    ...Object.entries(configuration.connections).map(([name, connection]) =>
      connection.kind === 'prometheus' && connection.traffic
        ? misnamed(['connections', name, 'traffic'], connection.traffic, Object.keys(connection.queries))
        : undefined,
    ),
    ...Object.keys(configuration.worker.credentials).map((name) =>
      misnamed(['worker', 'credentials', name], name, connections),
    ),
    ...Object.keys(configuration.worker.channels).map((name) =>
      misnamed(['worker', 'channels', name], name, Object.keys(configuration.channels ?? {})),
    ),
    ...Object.entries(configuration.api.slack?.users ?? {}).map(([id, subject]) =>
      misnamed(
        ['api', 'slack', 'users', id],
        subject,
        configuration.api.tokens.map((token) => token.subject),
      ),
    ),
    ...configuration.api.tokens.flatMap((token, index) =>
      token.environments.map((name, place) =>
        name === '*' ? undefined : misnamed(['api', 'tokens', index, 'environments', place], name, environments),
      ),
    ),
    ...(configuration.triggers?.freeze ?? []).map(({ environment }, index) =>
      environment === undefined
        ? undefined
        : misnamed(['triggers', 'freeze', index, 'environment'], environment, environments),
    ),
    ...impossible(configuration),
    ...twins(configuration),
    ...inTheClear(configuration),
    ...anybody(configuration),
  ]
  return names
    .filter((name) => name !== undefined)
    .slice(0, 20)
    .map(({ path, message }) => ({ path: writtenPath(path), message, ...at(path) }))
}

interface Misnamed {
  path: (string | number)[]
  message: string
}

function misnamed(path: (string | number)[], name: string, known: readonly string[]): Misnamed | undefined {
  if (known.includes(name)) return undefined
  const meant = nearest(name, known)
  const hint = meant ? `did you mean ${meant}?` : `there is: ${known.slice(0, 20).join(', ') || 'none'}`
  return { path, message: `${name} is not known; ${hint}` }
}

/** Where it matters, a yes has to be somebody's in particular. */
function anybody({ environments }: Configuration): (Misnamed | undefined)[] {
  return Object.entries(environments).flatMap(([name, { protected: strict, policy }]) =>
    policy.approvals.map(({ groups }, index) =>
      strict && groups.length === 0
        ? {
            path: ['environments', name, 'policy', 'approvals', index],
            message: `${name} is protected: name the groups whose approval counts`,
          }
        : undefined,
    ),
  )
}

/** Settings of triggers of which one leaves no room for another. */
function impossible({ triggers }: Configuration): (Misnamed | undefined)[] {
  if (!triggers) return []
  const { gather, veto, expires, fleet } = triggers
  const sooner = (name: 'gather' | 'veto') =>
    milliseconds(triggers[name]) < milliseconds(expires)
      ? undefined
      : { path: ['triggers', name], message: `must be shorter than expires (${expires}): a proposal ends before that` }
  return [
    sooner('gather'),
    sooner('veto'),
    milliseconds(gather) > milliseconds(fleet.window)
      ? {
          path: ['triggers', 'gather'],
          message: `must not be longer than fleet.window (${fleet.window}): who alerted before is forgotten then`,
        }
      : undefined,
    fleet.atOnce > fleet.perDay
      ? { path: ['triggers', 'fleet', 'atOnce'], message: `can't be reached: fleet.perDay is ${fleet.perDay}` }
      : undefined,
    veto === '0s'
      ? { path: ['triggers', 'veto'], message: 'leaves nobody time to say no; use mode auto for that' }
      : undefined,
  ]
}

/** A token that crosses a public network unencrypted is everybody's. */
function inTheClear({ connections, worker }: Configuration): (Misnamed | undefined)[] {
  return Object.entries(connections).map(([name, connection]) => {
    const { tokenFile, passwordFile } = worker.credentials[name] ?? {}
    if (!('private' in connection) || (!tokenFile && !passwordFile)) return undefined
    if (connection.private || connection.origin.startsWith('https:')) return undefined
    const message = 'credentials are sent over https only, or in a private network (private: true)'
    return { path: ['connections', name, 'origin'], message }
  })
}

function twins({ api: { tokens } }: Configuration): (Misnamed | undefined)[] {
  return tokens.map((token, index) =>
    tokens.findIndex((other) => other.sha256 === token.sha256) < index
      ? { path: ['api', 'tokens', index, 'sha256'], message: 'two entries share one token; give each its own' }
      : undefined,
  )
}
