import { readFile, writeFile } from 'node:fs/promises'
import { stringify } from 'yaml'

/** Where a cluster answers, and whom to trust there. */
export interface Endpoint {
  server: string
  caFile: string
}

/** What a user shows: a client certificate (files, in PEM) or a bearer token. */
export type Credential = { certificateFile: string; keyFile: string } | { token: string }

/** Writes a kubeconfig that holds everything itself, readable by this user alone. Answers its path. */
export async function writeKubeconfig(
  path: string,
  { server, caFile }: Endpoint,
  user: string,
  credential: Credential,
): Promise<string> {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'unwind', cluster: { server, 'certificate-authority-data': await base64(caFile) } }],
    users: [{ name: user, user: await shown(credential) }],
    contexts: [{ name: 'unwind', context: { cluster: 'unwind', user } }],
    'current-context': 'unwind',
  }
  await writeFile(path, stringify(config), { mode: 0o600 })
  return path
}

async function shown(credential: Credential): Promise<Record<string, string>> {
  if ('token' in credential) return { token: credential.token }
  return {
    'client-certificate-data': await base64(credential.certificateFile),
    'client-key-data': await base64(credential.keyFile),
  }
}

async function base64(file: string): Promise<string> {
  return (await readFile(file)).toString('base64')
}
