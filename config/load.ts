import { readFile, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { Configuration } from '../model/configuration.ts'
import { UnwindError } from '../model/errors.ts'
import type { Secret } from '../model/secret.ts'
import { crossCheck } from './cross-check.ts'
import { DOCUMENT_LIMIT, type DocumentProblem, readDocument, writtenProblems } from './document.ts'
import { type Env, pathFrom, xdg } from './paths.ts'

/** A configuration and the file that it was read from; paths inside it are absolute. */
export interface LoadedConfiguration {
  configuration: Configuration
  path: string
}

/**
 * Finds and reads unwind.yaml: the path given, else UNWIND_CONFIG, else ./unwind.yaml, else unwind/unwind.yaml in the
 * XDG configuration directory. Throws CONFIGURATION_INVALID; `facts.problems` holds each with line, column and path.
 */
export async function loadConfiguration(path?: string, env: Env = process.env): Promise<LoadedConfiguration> {
  const found = await find(path, env)
  const read = readConfiguration(await readBounded(found), found)
  return { configuration: absolute(read, dirname(found)), path: found }
}

/** A configuration from its text. `file` names it in the errors. Throws CONFIGURATION_INVALID. */
export function readConfiguration(text: string, file: string): Configuration {
  const read = readDocument(text, Configuration)
  if ('problems' in read) throw invalid(file, read.problems)
  const problems = crossCheck(read.value, read.at)
  if (problems.length > 0) throw invalid(file, problems)
  return read.value
}

async function find(given: string | undefined, env: Env): Promise<string> {
  const named = given ?? (env['UNWIND_CONFIG'] || undefined)
  if (named) return resolve(named)
  const places = [resolve('unwind.yaml'), join(xdg(env, 'XDG_CONFIG_HOME', '.config'), 'unwind', 'unwind.yaml')]
  for (const place of places) if (await isFile(place)) return place
  throw new UnwindError(
    'CONFIGURATION_INVALID',
    `there is no unwind.yaml (looked at ${places.join(' and ')}); write one with \`unwind init\`, or name it with --config or UNWIND_CONFIG`,
  )
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  )
}

async function readBounded(path: string): Promise<string> {
  const failed = (why: string, cause?: unknown) =>
    new UnwindError(
      'CONFIGURATION_INVALID',
      `${path} ${why}; name another file with --config or UNWIND_CONFIG`,
      undefined,
      {
        cause,
      },
    )
  const entry = await stat(path).catch((cause: unknown) => {
    throw failed('cannot be found', cause)
  })
  if (!entry.isFile()) throw failed('is not a file')
  if (entry.size > DOCUMENT_LIMIT) throw failed(`is larger than ${DOCUMENT_LIMIT} bytes`)
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw failed('cannot be read', cause)
  })
}

function invalid(file: string, problems: DocumentProblem[]): UnwindError {
  return new UnwindError('CONFIGURATION_INVALID', writtenProblems(file, problems), { problems })
}

const FILES_OF_ACCOUNTS = ['kubeconfig', 'tokenFile', 'passwordFile', 'ca'] as const
const CREDENTIAL_PATHS = [...FILES_OF_ACCOUNTS, 'backups', 'programs', 'helm', 'releases'] as const

function absolute(configuration: Configuration, folder: string): Configuration {
  const { api, worker, archive, runbooks } = configuration
  const at = (secret: Secret): Secret => ('file' in secret ? { file: pathFrom(folder, secret.file) } : secret)
  const credentials = Object.entries(worker.credentials).map(([name, entry]) => [
    name,
    {
      ...entry,
      ...Object.fromEntries(
        CREDENTIAL_PATHS.flatMap((key) => {
          const path = entry[key]
          return typeof path === 'string' ? [[key, pathFrom(folder, path)]] : []
        }),
      ),
      ...(entry.token && { token: at(entry.token) }),
    },
  ])
  const channels = Object.entries(worker.channels).map(([name, entry]) => [
    name,
    Object.fromEntries(
      Object.entries(entry).map(([key, value]) => [key, typeof value === 'object' ? at(value) : value]),
    ),
  ])
  return {
    ...configuration,
    ...(archive && 'folder' in archive && { archive: { folder: pathFrom(folder, archive.folder) } }),
    ...(runbooks && 'folder' in runbooks && { runbooks: { ...runbooks, folder: pathFrom(folder, runbooks.folder) } }),
    api: {
      ...api,
      ...(api.signingKey && { signingKey: pathFrom(folder, api.signingKey) }),
      ...(api.slack && { slack: { ...api.slack, signingSecret: at(api.slack.signingSecret) } }),
    },
    worker: {
      ...worker,
      credentials: Object.fromEntries(credentials),
      channels: Object.fromEntries(channels),
      verifyKeys: worker.verifyKeys.map((key) => pathFrom(folder, key)),
    },
  }
}
