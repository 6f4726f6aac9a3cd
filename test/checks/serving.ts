import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo, Server, Socket } from 'node:net'
import { afterEach } from 'vitest'
import { httpCheck } from '../../activities/checks/http/index.ts'
import type { Lookup } from '../../activities/origin/resolve.ts'
import { HttpMeasurement } from '../../activities/checks/http/schema.ts'
import { Connection, type HttpConnection } from '../../model/configuration.ts'

const open: Server[] = []
const sockets = new Set<Socket>()
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  for (const server of open.splice(0)) await new Promise((resolve) => server.close(resolve))
})

/** Starts a server on a free port of this machine; answers where. */
export async function listening(server: Server): Promise<number> {
  open.push(server)
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** Serves every request so until the test ends; answers the origin. */
export const served = async (listener: RequestListener) => `http://127.0.0.1:${await listening(createServer(listener))}`

interface Asked {
  entry?: Partial<HttpConnection>
  find?: Lookup
  signal?: AbortSignal
}

/** One measurement at an origin, which may be private unless the entry says otherwise. */
export function measure(origin: string, fields: object = {}, { entry = {}, find, signal }: Asked = {}) {
  const connection = Connection.parse({ kind: 'http', environment: 'test', origin, private: true, ...entry })
  return httpCheck(find).measure(HttpMeasurement.parse({ http: 'shop', ...fields }), {
    ...{ service: 'shop', environment: 'test', signal: signal ?? new AbortController().signal },
    connection: { name: 'shop', entry: connection as HttpConnection },
  })
}
