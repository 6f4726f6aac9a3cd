import { findBinary } from '../find.ts'
import { closeStateFolder, openStateFolder, startProcess } from '../process.ts'

/** A moto server on 127.0.0.1: AWS in memory, for S3 and RDS. It ends with this process. */
export interface MotoServer {
  readonly url: string
  stop(): Promise<void>
  kill(): Promise<void>
  /** Starts it again on the same port, with nothing in it. */
  restart(): Promise<void>
  /** Stops it in its tracks: connections stay open and nothing answers. `resume` lets it go on. */
  pause(): void
  resume(): void
}

/** Starts one with nothing in it, and resolves once it answers. Any credentials are good there. */
export async function startMoto(): Promise<MotoServer> {
  const command = await findBinary('moto')
  const folder = await openStateFolder('moto')
  const server = await startProcess({
    name: 'moto',
    command,
    folder,
    ports: { http: undefined },
    args: ({ http }) => ['--host', '127.0.0.1', '--port', String(http)],
    ready: ({ http }) => isMoto(`http://127.0.0.1:${http}`),
  })
  return {
    url: `http://127.0.0.1:${server.ports['http']}`,
    stop: async () => {
      await server.stop()
      await closeStateFolder(folder)
    },
    kill: () => server.kill(),
    restart: () => server.restart(),
    pause: () => server.pause(),
    resume: () => server.resume(),
  }
}

/** Only moto has this page of its own. */
async function isMoto(url: string): Promise<boolean> {
  const response = await fetch(`${url}/moto-api/`, { signal: AbortSignal.timeout(2_000) })
  return response.ok && (await response.text()).includes('<title>Moto</title>')
}
