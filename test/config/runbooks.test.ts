import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { RunbookDocument } from '../../activities/runbook.ts'
import { type Library, readRunbooks, runbookNamed } from '../../config/runbooks/library.ts'
import { readRepository } from '../../config/runbooks/repository.ts'
import { RunbookSettings } from '../../model/runbook/settings.ts'

const place = mkdtempSync(join(tmpdir(), 'unwind-place-'))
const state = join(place, 'state')
let folder: string
let count = 0
beforeEach(() => {
  count += 1
  folder = join(place, String(count))
  mkdirSync(folder)
})
afterAll(() => rmSync(place, { recursive: true, force: true }))

/** The text of a small runbook. */
function runbook(name: string, workload = 'deployment/shop'): string {
  const steps = [{ kind: 'kubernetes', workload }]
  return JSON.stringify({ apiVersion: 'unwind/v1', kind: 'Runbook', metadata: { name, service: name }, steps })
}

function put(files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
}

function readFolder(reviewed: string[] = []): Promise<Library> {
  return readRunbooks(RunbookSettings.parse({ folder, reviewed }), RunbookDocument)
}

function git(...args: string[]): string {
  const who = ['-c', 'user.name=anna', '-c', 'user.email=anna@example.com']
  return execFileSync('git', ['-C', folder, ...who, ...args], { encoding: 'utf8', stdio: 'pipe' }).trim()
}

function commit(files: Record<string, string>): string {
  put(files)
  git('add', '--all')
  git('commit', '--quiet', '--message', 'runbooks')
  return git('rev-parse', 'HEAD')
}

describe('a folder', () => {
  test('is read anew each time; what is no runbook hides no other', async () => {
    put({ 'shop.yaml': runbook('shop'), 'broken.yaml': 'kind: [', '.hidden.yaml': 'x', 'notes.md': '# notes' })
    mkdirSync(join(folder, 'folder.yaml'))
    const first = await readFolder()
    expect([...first.runbooks.keys()]).toEqual(['shop'])
    expect(first.broken).toMatchObject([{ file: 'broken.yaml', problems: [{ line: 1 }] }])
    put({ 'shop.yaml': runbook('shop', 'deployment/other') })
    const second = await readFolder()
    expect(runbookNamed(second, 'shop').revision).not.toBe(runbookNamed(first, 'shop').revision)
    expect(runbookNamed(second, 'shop').source).toBe(join(folder, 'shop.yaml'))
  })

  test('holds nothing that counts as reviewed but the revisions that the configuration names', async () => {
    put({ 'a.yaml': runbook('a'), 'b.yaml': runbook('b') })
    const { revision, reviewed } = runbookNamed(await readFolder(), 'a')
    expect(reviewed).toBe(false)
    const { runbooks } = await readFolder([revision])
    expect([...runbooks].map(([name, loaded]) => [name, loaded.reviewed])).toEqual([
      ['a', true],
      ['b', false],
    ])
  })

  test('links are followed, as mounted configuration needs', async () => {
    put({ real: runbook('linked') })
    symlinkSync(join(folder, 'real'), join(folder, 'linked.yaml'))
    expect([...(await readFolder()).runbooks.keys()]).toEqual(['linked'])
  })

  test('two runbooks with one name are both refused, whatever their order', async () => {
    put({ 'a.yaml': runbook('shop'), 'b.yaml': runbook('shop'), 'c.yaml': runbook('other') })
    const library = await readFolder()
    expect([...library.runbooks.keys()]).toEqual(['other'])
    expect(library.broken.map(({ file }) => file)).toEqual(['a.yaml', 'b.yaml'])
    expect(library.broken[0]?.problems[0]).toMatchObject({ path: 'metadata.name', line: 1, column: expect.any(Number) })
  })

  test('a name that is not there is told with the nearest one, or with what is wrong with its file', async () => {
    put({ 'checkout.yaml': runbook('checkout'), 'api.yaml': 'kind: Runbok' })
    const library = await readFolder()
    expect(() => runbookNamed(library, 'chekout')).toThrow('there is no runbook chekout; did you mean checkout?')
    expect(() => runbookNamed(library, 'api')).toThrow(/^api\.yaml:1:1: /)
  })

  test('a folder that is not there, or holds too much, is a fault of the configuration', async () => {
    const missing = RunbookSettings.parse({ folder: join(folder, 'absent') })
    await expect(readRunbooks(missing, RunbookDocument)).rejects.toThrow('cannot be read (ENOENT)')
    put(Object.fromEntries(Array.from({ length: 201 }, (_, index) => [`r${index}.yaml`, ''])))
    await expect(readFolder()).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' })
    await expect(readRunbooks(undefined, RunbookDocument)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('a Git repository', () => {
  const settings = (changes: object = {}) => {
    const parsed = RunbookSettings.parse({ repository: folder, ref: 'main', path: 'runbooks', ...changes })
    if (!('repository' in parsed)) throw new Error('these settings name a repository')
    return parsed
  }

  beforeEach(() => {
    git('init', '--quiet', '--initial-branch', 'main')
    mkdirSync(join(folder, 'runbooks'))
  })

  test('is read at the commit that the ref leads to now, and counts as reviewed', async () => {
    const first = commit({ 'runbooks/shop.yaml': runbook('shop'), 'runbooks/readme.md': '#', 'other.yaml': 'x' })
    const read = await readRepository(settings(), state)
    expect(read).toEqual({
      files: [{ name: 'shop.yaml', text: runbook('shop'), source: `${folder} main@${first}:runbooks/shop.yaml` }],
      reviewed: true,
    })
    const second = commit({ 'runbooks/shop.yaml': runbook('shop', 'deployment/é') })
    const [file] = (await readRepository(settings(), state)).files
    expect(file?.text).toContain('deployment/é')
    expect(file?.source).toContain(second)
  })

  test('what is not committed at the ref does not count', async () => {
    commit({ 'runbooks/shop.yaml': runbook('shop') })
    put({ 'runbooks/later.yaml': runbook('later') })
    git('switch', '--quiet', '--create', 'unreviewed')
    commit({ 'runbooks/evil.yaml': runbook('evil') })
    expect((await readRepository(settings(), state)).files.map(({ name }) => name)).toEqual(['shop.yaml'])
  })

  test('a tag and the top folder may be named, and many readers at once get the same', async () => {
    const at = commit({ 'shop.yaml': runbook('shop') })
    git('tag', '--annotate', '--message', 'v1', 'v1')
    const reads = await Promise.all(
      Array.from({ length: 5 }, () => readRepository(settings({ ref: 'v1', path: '.' }), state)),
    )
    for (const { files } of reads) expect(files.map(({ source }) => source)).toEqual([`${folder} v1@${at}:shop.yaml`])
  })

  test('while it can’t be reached, what was fetched last is read, and said to be', async () => {
    const at = commit({ 'runbooks/shop.yaml': runbook('shop') })
    await readRepository(settings(), state)
    rmSync(join(folder, '.git'), { recursive: true })
    const { files, reviewed } = await readRepository(settings(), state)
    expect(reviewed).toBe(true)
    expect(files[0]?.source).toBe(`${folder} main@${at} (fetched earlier):runbooks/shop.yaml`)
  })

  test('a ref or a folder that is not there is a fault of the configuration; links lead nowhere', async () => {
    commit({ 'runbooks/shop.yaml': runbook('shop') })
    const code = 'CONFIGURATION_INVALID'
    await expect(readRepository(settings({ ref: 'mian' }), state)).rejects.toMatchObject({ code })
    await expect(readRepository(settings({ path: 'books' }), state)).rejects.toMatchObject({ code })
    symlinkSync('/etc/passwd', join(folder, 'runbooks/link.yaml'))
    commit({})
    expect((await readRepository(settings(), state)).files.map(({ name }) => name)).toEqual(['shop.yaml'])
  })

  test.each([
    { repository: '--upload-pack=touch /tmp/x' },
    { repository: 'ext::sh -c whoami' },
    { repository: 'http://example.com/x' },
    { repository: 'git@-oProxyCommand=x:y' },
    { ref: '--output=x' },
    { ref: 'a b' },
    { path: '../secrets' },
    { path: '/etc' },
    { path: '-x' },
  ])('%o is refused before git sees it', (changes) => {
    expect(RunbookSettings.safeParse({ repository: '/srv/runbooks', ref: 'main', ...changes }).success).toBe(false)
  })

  test('a password in an address stands in no message', async () => {
    const repository = 'https://anna:hunter2@127.0.0.1:1/runbooks.git'
    const error = await readRepository(settings({ repository }), state).catch((caught: unknown) => String(caught))
    expect(error).toContain('https://127.0.0.1:1/runbooks.git')
    expect(error).not.toContain('hunter2')
  })
})
