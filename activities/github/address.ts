/** What the paths of its API begin with: an installation of one's own has the API below /api/v3. */
export function apiBase(origin: string): string {
  const { hostname } = new URL(origin)
  return ['api.github.com', '127.0.0.1', 'localhost', '[::1]'].includes(hostname) ? '' : '/api/v3'
}

/** Headers that every request to GitHub carries. */
export function githubHeaders(token: string): Record<string, string> {
  return {
    authorization: `Bearer ${token}`,
    accept: 'application/vnd.github+json',
    'x-github-api-version': '2022-11-28',
  }
}
