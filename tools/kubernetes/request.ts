import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import type { Identities } from './identities.ts'

/** Asks the API server as admin. Answers the parsed body, or text where it is no JSON; rejects above status 399. */
export type Ask = (method: string, path: string, body?: unknown) => Promise<unknown>

/** A way to ask the API server at `server` that knows whom it talks to. Gives up after 5 s. */
export function asAdmin(server: string, { ca, admin }: Identities): Ask {
  const agent = new Agent({
    ca: readFileSync(ca),
    cert: readFileSync(admin.certificateFile),
    key: readFileSync(admin.keyFile),
  })
  return (method, path, body) =>
    new Promise((resolve, reject) => {
      const settings = { method, agent, timeout: 5000, headers: { 'content-type': 'application/json' } }
      const call = request(`${server}${path}`, settings, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          const status = response.statusCode ?? 0
          if (status >= 400) reject(new Error(`${method} ${path}: HTTP ${status} ${text.slice(0, 500)}`))
          else resolve(parsed(text))
        })
      })
      call.on('timeout', () => call.destroy(new Error(`${method} ${path}: no answer within 5 s`)))
      call.on('error', reject)
      call.end(body === undefined ? undefined : JSON.stringify(body))
    })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
