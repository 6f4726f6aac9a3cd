import type { Cluster } from '../kubernetes/cluster.ts'
import { until } from '../wait.ts'

/** Tokens of accounts that the settings of an Argo CD name, made by its administrator. */
export async function createAccounts(
  url: string,
  cluster: Pick<Cluster, 'kubectl'>,
  names: readonly string[],
): Promise<Record<string, string>> {
  const args = ['get', 'secret', 'argocd-initial-admin-secret', '-n', 'argocd', '-o', 'jsonpath={.data.password}']
  let encoded = ''
  await until(
    'Argo CD to have an administrator',
    async () => {
      encoded = await cluster.kubectl(...args).catch(() => '')
      return encoded !== ''
    },
    { within: 60_000, every: 200 },
  )
  const password = Buffer.from(encoded, 'base64').toString('utf8')
  const admin = await tokenOf(`${url}/api/v1/session`, { username: 'admin', password })
  const tokens = names.map(async (name) => {
    const token = await tokenOf(`${url}/api/v1/account/${name}/token`, { name, expiresIn: 0 }, admin)
    return [name, token] as const
  })
  return { admin, ...Object.fromEntries(await Promise.all(tokens)) }
}

async function tokenOf(url: string, body: object, bearer?: string): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(bearer && { authorization: `Bearer ${bearer}` }) },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  })
  if (!response.ok) throw new Error(`${url} answers ${response.status}: ${(await response.text()).slice(0, 200)}`)
  return ((await response.json()) as { token: string }).token
}
