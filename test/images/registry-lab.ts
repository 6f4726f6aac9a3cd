import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { type RegistryOptions, type RegistryServer, startRegistry } from '../../tools/registry/server.ts'

/** The login that the registries of these tests know, and its line of a htpasswd file. */
export const LOGIN = { user: 'puller', password: 'pull-password-K4' }
export const HTPASSWD = 'puller:$2a$04$QSq8comn3VtdFScaRi1qz.yddEWcWEm9L1lF1DSMsE99sXTzV2pJS\n'

/** A real registry, and hands to push to it. */
export interface RegistryLab extends RegistryServer {
  /** Pushes an image whose only content is this text, and answers its digest. */
  push(repository: string, tag: string, content: string): Promise<string>
  /** Pushes an index of images that are there, and answers its digest. */
  pushIndex(repository: string, tag: string, digests: readonly string[]): Promise<string>
  /** Deletes a manifest, by its digest, and with it all tags that lead there. */
  remove(repository: string, digest: string): Promise<void>
}

const OCI = 'application/vnd.oci.image'

/** Starts one; `authorization` is sent with what is pushed. */
export async function openRegistry(options: RegistryOptions = {}, authorization?: string): Promise<RegistryLab> {
  const server = await startRegistry(options)
  const send = sender(server.host, authorization)
  const blob = async (repository: string, content: string) => {
    const begun = await send('POST', `/v2/${repository}/blobs/uploads/`)
    const place = new URL(begun.headers.get('location') ?? '', `http://${server.host}`)
    place.searchParams.set('digest', digestOf(content))
    await send('PUT', place.pathname + place.search, content, 'application/octet-stream')
    return { digest: digestOf(content), size: Buffer.byteLength(content) }
  }
  const manifest = async (repository: string, tag: string, mediaType: string, body: object) => {
    const text = JSON.stringify({ schemaVersion: 2, mediaType, ...body })
    await send('PUT', `/v2/${repository}/manifests/${tag}`, text, mediaType)
    return digestOf(text)
  }
  return {
    ...server,
    push: async (repository, tag, content) => {
      const config = { mediaType: `${OCI}.config.v1+json`, ...(await blob(repository, JSON.stringify({ content }))) }
      return manifest(repository, tag, `${OCI}.manifest.v1+json`, { config, layers: [] })
    },
    pushIndex: (repository, tag, digests) => {
      const manifests = digests.map((digest, index) => ({
        ...{ mediaType: `${OCI}.manifest.v1+json`, digest, size: 0 },
        platform: { os: 'linux', architecture: ['amd64', 'arm64'][index] ?? 'riscv64' },
      }))
      return manifest(repository, tag, `${OCI}.index.v1+json`, { manifests })
    },
    remove: async (repository, digest) => void (await send('DELETE', `/v2/${repository}/manifests/${digest}`)),
  }
}

function sender(host: string, authorization: string | undefined) {
  return async (method: string, path: string, body?: string, type?: string): Promise<Response> => {
    const headers = { ...(authorization && { authorization }), ...(type && { 'content-type': type }) }
    const response = await fetch(`http://${host}${path}`, { method, headers, ...(body !== undefined && { body }) })
    if (response.status < 300) return response
    throw new Error(`${method} ${path}: ${response.status} ${(await response.text()).slice(0, 300)}`)
  }
}

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}

/** A token server by the specification of distribution, for a real registry that verifies what it signs. */
export interface TokenServer {
  options: NonNullable<RegistryOptions['token']>
  /** What it was asked, with the Authorization that came along. */
  asked: { url: URL; authorization: string | undefined }[]
  /** A token that lets push and pull, for the tests themselves. */
  token(repository: string): string
  close(): Promise<void>
}

/** Lets in whoever has the login; without it nobody. */
export async function startTokenServer(): Promise<TokenServer> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwks = JSON.stringify({
    keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig', alg: 'ES256' }],
  })
  const asked: TokenServer['asked'] = []
  const issue = (repository: string, actions: string[]) => {
    const now = Math.floor(Date.now() / 1_000)
    const access = [{ type: 'repository', name: repository, actions }]
    const claims = { iss: 'lab', sub: LOGIN.user, aud: 'registry', exp: now + 300, nbf: now - 10, iat: now, access }
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const text = `${part({ alg: 'ES256', typ: 'JWT', kid: 'k1' })}.${part(claims)}`
    const signature = sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' })
    return `${text}.${signature.toString('base64url')}`
  }
  const server = http.createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://token.test')
    const { authorization } = request.headers
    asked.push({ url, authorization })
    const known = `Basic ${Buffer.from(`${LOGIN.user}:${LOGIN.password}`).toString('base64')}`
    const [, repository = '', actions = ''] = url.searchParams.get('scope')?.split(':') ?? []
    const granted = authorization === known
    response.writeHead(granted ? 200 : 401, { 'content-type': 'application/json' })
    response.end(JSON.stringify(granted ? { token: issue(repository, actions.split(',')) } : { details: 'no' }))
  })
  const url = await listen(server)
  return {
    options: { realm: `${url}/token`, service: 'registry', issuer: 'lab', jwks },
    asked,
    token: (repository) => issue(repository, ['pull', 'push', 'delete']),
    close: () => closed(server),
  }
}

/** Listens on loopback, and answers where. */
export async function listen(server: http.Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Ends it with all its connections. */
export async function closed(server: http.Server): Promise<void> {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
}
