import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { npmServer } from '../find/npm.ts'
import { type PostgresServer, startPostgres } from '../postgres/server.ts'
import { claimPort, releasePort } from '../process/ports.ts'
import { answers } from '../process/ready.ts'
import { closeStateFolder, openStateFolder, startProcess } from '../process.ts'

const VERSION = '7.5.1'

/** An Unleash on 127.0.0.1 with a PostgreSQL of its own. It ends with this process. */
export interface UnleashServer {
  readonly url: string
  /** Of an administrator. */
  readonly token: string
  /** What SDKs read with, in the environment `development`. */
  readonly backendToken: string
  stop(): Promise<void>
  kill(): Promise<void>
  restart(): Promise<void>
}

/** Starts one with the environments `development` and `production`, and resolves once it answers. */
export async function startUnleash(): Promise<UnleashServer> {
  const packages = await npmServer('unleash', VERSION)
  const postgres = await startPostgres()
  try {
    return await start(packages, postgres)
  } catch (error) {
    await postgres.stop()
    throw error
  }
}

async function start(packages: string, postgres: PostgresServer): Promise<UnleashServer> {
  await postgres.sql('CREATE DATABASE unleash')
  const folder = await openStateFolder('unleash')
  const [secret, backend] = [randomBytes(16).toString('hex'), randomBytes(16).toString('hex')]
  const port = await claimPort()
  const url = `http://127.0.0.1:${port}`
  const [token, backendToken] = [`*:*.${secret}`, `default:development.${backend}`]
  const server = await startProcess({
    name: 'unleash',
    command: process.execPath,
    folder,
    args: [join(packages, 'node_modules', 'unleash-server', 'dist', 'server.js')],
    env: {
      ...{ TZ: 'UTC', DATABASE_URL: postgres.url('unleash'), DATABASE_SSL: 'false', LOG_LEVEL: 'warn' },
      ...{ HTTP_HOST: '127.0.0.1', HTTP_PORT: String(port), CHECK_VERSION: 'false', SEND_TELEMETRY: 'false' },
      ...{ INIT_ADMIN_API_TOKENS: token, INIT_BACKEND_API_TOKENS: backendToken },
      ...{ UNLEASH_DEFAULT_ADMIN_USERNAME: 'admin', UNLEASH_DEFAULT_ADMIN_PASSWORD: secret },
    },
    ready: () => answers(`${url}/health`),
    within: 120_000,
  })
  return {
    ...{ url, token, backendToken },
    stop: async () => {
      await server.stop()
      releasePort(port)
      await closeStateFolder(folder)
      await postgres.stop()
    },
    kill: () => server.kill(),
    restart: () => server.restart(),
  }
}
