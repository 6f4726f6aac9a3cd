import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Who may do what, by HTTP basic authentication. */
export const ACCOUNTS = { writer: 'canary-token-of-the-writer', reader: 'canary-token-of-the-reader' } as const

/** Repositories of a real git, served over HTTP by its own `git http-backend`, behind authentication. */
export interface GitServer {
  url: string
  /** Where everything of it lies. */
  folder: string
  /** Makes a bare repository, and answers its folder. */
  create(name: string): string
  /** Requests that push, so far. */
  pushes(): number
  /** Cuts off the answer of the next push, after it was done: before its first byte, or in its middle. */
  loseAnswer(at: 'first' | 'middle'): void
  stop(): Promise<void>
}

/** Starts one on loopback, in a folder of its own that goes away with it. */
export async function startGit(): Promise<GitServer> {
  const folder = mkdtempSync(join(tmpdir(), 'unwind-git-'))
  const root = join(folder, 'repositories')
  mkdirSync(root)
  const count: { pushes: number; lose?: 'first' | 'middle' | undefined } = { pushes: 0 }
  const server = http.createServer((request, response) => {
    const status = refused(request)
    if (status) return void response.writeHead(status, { 'www-authenticate': 'Basic realm="git"' }).end()
    const push = request.method === 'POST' && request.url?.endsWith('/git-receive-pack') === true
    if (push) count.pushes++
    const lose = push ? count.lose : undefined
    if (push) count.lose = undefined
    serve(root, request, response, lose).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    ...{ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, folder },
    create: (name) => {
      const bare = join(root, `${name}.git`)
      execFileSync('git', ['init', '--quiet', '--bare', '-b', 'main', bare])
      writeFileSync(join(bare, 'config'), '[core]\n\tbare = true\n[http]\n\treceivepack = true\n')
      return bare
    },
    pushes: () => count.pushes,
    loseAnswer: (at) => {
      count.lose = at
    },
    stop: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** 401 for whom it doesn't know, 403 for whoever may only read and wants to push. */
function refused({ headers, url }: http.IncomingMessage): number | undefined {
  const [, basic = ''] = /^Basic (.+)$/.exec(headers.authorization ?? '') ?? []
  const password = Buffer.from(basic, 'base64').toString('utf8').split(':')[1]
  if (password === ACCOUNTS.writer) return undefined
  if (password !== ACCOUNTS.reader) return 401
  return url?.includes('git-receive-pack') ? 403 : undefined
}

async function serve(
  root: string,
  request: http.IncomingMessage,
  response: http.ServerResponse,
  lose: 'first' | 'middle' | undefined,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
  const backend = spawn('git', ['http-backend'], {
    env: {
      ...{ PATH: process.env['PATH'], GIT_PROJECT_ROOT: root, GIT_HTTP_EXPORT_ALL: '1', REMOTE_USER: 'writer' },
      ...{ PATH_INFO: pathname, QUERY_STRING: searchParams.toString(), REQUEST_METHOD: request.method },
      ...{
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      },
      ...(request.headers['content-encoding'] && { HTTP_CONTENT_ENCODING: request.headers['content-encoding'] }),
      ...(request.headers['content-length'] && { CONTENT_LENGTH: request.headers['content-length'] }),
    },
  })
  backend.stdin.on('error', () => undefined)
  request.on('error', () => undefined)
  request.pipe(backend.stdin)
  const chunks: Buffer[] = []
  for await (const chunk of backend.stdout as AsyncIterable<Buffer>) chunks.push(chunk)
  if (lose === 'first') return void request.socket.destroy()
  const answer = Buffer.concat(chunks)
  const end = answer.indexOf('\r\n\r\n')
  const lines = answer.toString('latin1', 0, end).split('\r\n')
  const headers = Object.fromEntries(lines.map((line) => line.split(/: (.*)/s, 2) as [string, string]))
  const { Status: status = '200', ...others } = headers
  response.writeHead(Number.parseInt(status), others)
  if (lose === undefined) return void response.end(answer.subarray(end + 4))
  response.write(answer.subarray(end + 4, end + 6), () => request.socket.destroy())
}
