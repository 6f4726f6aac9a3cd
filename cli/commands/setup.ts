import { join, resolve } from 'node:path'
import { generateKeys } from '../../config/keys.ts'
import { stateDirectory } from '../../config/state.ts'
import { temporalPlace } from '../../config/temporal.ts'
import { SEARCH_ATTRIBUTES } from '../../model/ids.ts'
import { CommandError, EXIT } from '../exit.ts'

/** temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD, a number that the protocol fixes. */
const KEYWORD = 2

interface SetupOptions {
  keys?: boolean
  folder?: string
}

/** Registers what rollbacks are found by in Temporal, and makes the signing keys. What is there already is kept. */
export async function setup({ keys, folder }: SetupOptions): Promise<number> {
  if (!keys) await registerSearchAttributes()
  const paths = await generateKeys(folder ? resolve(folder) : join(await stateDirectory(), 'keys'))
  say(`Signing key  ${paths.signingKey}   (the API's alone: api.signingKey)`)
  say(`Verify key   ${paths.verifyKey}   (every worker: worker.verifyKeys)`)
  return EXIT.ok
}

async function registerSearchAttributes(): Promise<void> {
  const { Connection } = await import('@temporalio/client')
  const { connectionOptions, namespace } = temporalPlace()
  const connection = await Connection.connect({ ...connectionOptions, connectTimeout: 10_000 }).catch(
    (cause: unknown) => {
      throw notReached(connectionOptions.address, cause)
    },
  )
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace })
    const other = SEARCH_ATTRIBUTES.find(
      (name) => customAttributes?.[name] !== undefined && customAttributes[name] !== KEYWORD,
    )
    if (other)
      throw new CommandError(
        EXIT.usage,
        `The search attribute ${other} exists in ${namespace} with another type than Keyword. Remove it or use another namespace (TEMPORAL_NAMESPACE).`,
      )
    const absent = SEARCH_ATTRIBUTES.filter((name) => customAttributes?.[name] === undefined)
    if (absent.length > 0)
      await connection.operatorService.addSearchAttributes({
        namespace,
        searchAttributes: Object.fromEntries(absent.map((name) => [name, KEYWORD])),
      })
    const done = absent.length > 0 ? `registered ${absent.join(', ')}` : 'all search attributes are there'
    say(`Temporal     ${connectionOptions.address}, namespace ${namespace}: ${done}`)
  } finally {
    await connection.close()
  }
}

function notReached(address: string, cause: unknown): CommandError {
  const message = `Temporal at ${address} does not answer. Set TEMPORAL_ADDRESS (and TEMPORAL_NAMESPACE, TEMPORAL_TLS …), or use \`unwind server\`, which needs no setup.`
  return new CommandError(EXIT.unavailable, message, { cause })
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}
