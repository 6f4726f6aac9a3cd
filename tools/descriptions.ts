import { createHash } from 'node:crypto'
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { withLock } from './find/lock.ts'
import { run } from './run.ts'

/** GitHub's own OpenAPI description, from the package that carries it; the sum is the registry's, of 23.0.2. */
const GITHUB = {
  package: '@octokit/openapi@23.0.2',
  sha512: 'pV8M7L9GY23AybNvTmo2nyjmpmnt6+2sRE/tqr0ZLQcPS4lnw7u5eZGNmwRNkBC3D7gZXbFx5AHzLUVRBXGDhg==',
  member: 'package/generated/api.github.com.json',
}

/** Path of GitHub's description, in the user's cache: downloaded once, checked, and only this one file of it kept. */
export function githubDescription(): Promise<string> {
  return cached('github-23.0.2.json', async (path) => {
    const folder = await mkdtemp(join(tmpdir(), 'unwind-description-'))
    try {
      await run('npm', ['pack', '--silent', '--pack-destination', folder, GITHUB.package], { within: 300_000 })
      const archive = join(folder, 'octokit-openapi-23.0.2.tgz')
      const sum = createHash('sha512')
        .update(await readFile(archive))
        .digest('base64')
      if (sum !== GITHUB.sha512)
        throw new Error(`${GITHUB.package} is not the package that was expected: sha512 ${sum}`)
      await run('tar', ['-xzf', archive, '-C', folder, GITHUB.member], { within: 120_000 })
      await moveTo(join(folder, GITHUB.member), path)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
}

/** Flux's kustomize-controller as a module: Go itself checks what it downloads against the sum of its database. */
const FLUX = 'github.com/fluxcd/kustomize-controller@v1.7.3'

/** Path of Flux's own definition of Kustomizations; from Go's module cache. */
export async function fluxDefinition(): Promise<string> {
  const name = 'kustomize.toolkit.fluxcd.io_kustomizations.yaml'
  return join(await moduleFolder(FLUX), 'config', 'crd', 'bases', name)
}

async function moduleFolder(module: string): Promise<string> {
  // Outside of any module, so that Go asks for no more than this one.
  const { stdout } = await run('go', ['mod', 'download', '-json', module], { cwd: tmpdir(), within: 300_000 })
  return (JSON.parse(stdout) as { Dir: string }).Dir
}

async function cached(name: string, get: (path: string) => Promise<void>): Promise<string> {
  const root = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache')
  const path = join(root, 'unwind', 'descriptions', name)
  const isThere = () =>
    stat(path).then(
      () => true,
      () => false,
    )
  if (await isThere()) return path
  return withLock(`${path}.lock`, `description ${name}`, async () => {
    if (!(await isThere())) await get(path)
    return path
  })
}

/** In one step, so that a process that is killed leaves no half of it. */
async function moveTo(from: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await copyFile(from, `${path}.${process.pid}`)
  await rename(`${path}.${process.pid}`, path)
}
