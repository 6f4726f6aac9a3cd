import { createPrivateKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { SignJWT } from 'jose'
import { UnwindError } from '../../model/errors.ts'
import type { GitHubApp } from '../../model/connections/github.ts'
import type { Secret } from '../../model/secret.ts'
import { ask, at, textAt } from '../ask.ts'
import { readSecret } from '../secret.ts'
import { apiBase, githubHeaders } from './address.ts'

/** A token for GitHub, and what it may do where GitHub says so: of an installation, by permission. */
export interface Grant {
  token: string
  permissions?: Record<string, unknown>
}

interface Login {
  name: string
  origin: string
  token?: Secret | undefined
  app?: GitHubApp | undefined
}

/** So long before an installation's token ends it is asked for anew, in milliseconds. */
const EARLY = 300_000

/**
 * Answers the token of a connection: what its secret holds now, or that of an installation, kept until shortly before it ends.
 * Throws CONFIGURATION_INVALID, naming the connection's credentials, where there is none.
 */
export function granting({ name, origin, token, app }: Login): (signal: AbortSignal) => Promise<Grant> {
  const place = `worker.credentials.${name}`
  if (!app) return async () => ({ token: await readSecret(token, `${place}.token`) })
  let kept: (Grant & { until: number }) | undefined
  return async (signal) => {
    if (kept && kept.until - EARLY > Date.now()) return kept
    kept = await installed(app, origin, `${place}.app`, signal)
    return kept
  }
}

/** https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app */
async function installed(app: GitHubApp, origin: string, place: string, signal: AbortSignal) {
  const now = Math.floor(Date.now() / 1_000)
  const jwt = await new SignJWT({})
    .setProtectedHeader({ alg: 'RS256' })
    .setIssuer(app.id)
    .setIssuedAt(now - 60)
    .setExpirationTime(now + 540)
    .sign(await keyOf(app.key, place))
  const path = `${apiBase(origin)}/app/installations/${app.installation}/access_tokens`
  const { json } = await ask({ who: 'GitHub', origin, path, method: 'POST', headers: githubHeaders(jwt), signal })
  const [token, until] = [textAt(json, 'token'), Date.parse(textAt(json, 'expires_at') ?? '')]
  if (!token || Number.isNaN(until))
    throw new UnwindError('TARGET_UNREACHABLE', 'GitHub gives no token for the installation')
  const permissions = at(json, 'permissions')
  return { token, until, permissions: (permissions ?? {}) as Record<string, unknown> }
}

async function keyOf(path: string, place: string) {
  try {
    return createPrivateKey(await readFile(path))
  } catch (cause) {
    // What Node says of a key may quote it.
    throw new UnwindError(
      'CONFIGURATION_INVALID',
      `${place}.key: ${path} holds no private key in PEM; mend it`,
      undefined,
      { cause },
    )
  }
}
