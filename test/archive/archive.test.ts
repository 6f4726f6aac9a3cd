import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Archive, openArchive } from '../../activities/archive/index.ts'
import { type MotoServer, startMoto } from '../../tools/moto/server.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (kept: Uint8Array | undefined): string | undefined => kept && new TextDecoder().decode(kept)

let moto: MotoServer
let folder: string
beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'any')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'canary-5d1f')
  ;[moto, folder] = await Promise.all([startMoto(), mkdtemp(join(tmpdir(), 'unwind-archive-'))])
  const client = new S3Client({
    endpoint: moto.url,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  })
  await client.send(new CreateBucketCommand({ Bucket: 'unwind' }))
  client.destroy()
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await moto?.stop()
  await rm(folder, { recursive: true, force: true })
})

function bucket(prefix?: string, name = 'unwind'): Archive {
  const s3 = { bucket: name, region: 'us-east-1', endpoint: moto.url, ...(prefix && { prefix }) }
  return openArchive({ s3 }) as Archive
}

let opened = 0
/** An archive of its own for each case, so that no case sees what another has kept. */
const kinds: Record<string, () => Archive> = {
  'a folder': () => openArchive({ folder: join(folder, `case-${(opened += 1)}`) }) as Archive,
  'a bucket': () => bucket(`case-${(opened += 1)}`),
}

describe.each(Object.entries(kinds))('the archive in %s', (_name, open) => {
  test('gives back what was put, and says where it lies', async () => {
    const archive = open()
    const { location } = await archive.put('reports/test/shop/a.json', bytes('{}'), 'application/json')
    expect(location).toMatch(/reports\/test\/shop\/a\.json$/)
    expect(location).toBe(archive.locate('reports/test/shop/a.json'))
    expect(text(await archive.get('reports/test/shop/a.json'))).toBe('{}')
  })

  test('knows nothing of a key that was never put, and lists nothing where nothing is', async () => {
    const archive = open()
    expect(await archive.get('reports/none')).toBeUndefined()
    expect(await archive.list('', 10)).toEqual([])
    expect(await archive.list('reports/', 10)).toEqual([])
  })

  test('keeps one object however often the same is put, and the last where it differs', async () => {
    const archive = open()
    for (const content of ['one', 'one', 'two']) await archive.put('a/b.txt', bytes(content), 'text/plain')
    expect(await archive.list('', 10)).toEqual(['a/b.txt'])
    expect(text(await archive.get('a/b.txt'))).toBe('two')
  })

  test('holds many writers of one key apart: what is read is whole, and one of theirs', async () => {
    const archive = open()
    const contents = Array.from({ length: 8 }, (_, index) => `${index}`.repeat(50_000))
    await Promise.all(contents.map((content) => archive.put('a/b.txt', bytes(content), 'text/plain')))
    expect(contents).toContain(text(await archive.get('a/b.txt')))
    expect(await archive.list('', 10)).toEqual(['a/b.txt'])
  })

  test('lists in byte order, page by page, only below the prefix, and never more than asked for', async () => {
    const archive = open()
    const keys = ['a/x.json', 'a-b/x.json', 'a.b/x.json', 'b/1.json', 'b/2/3.json', 'b/2.json', 'c.json']
    for (const key of keys) await archive.put(key, bytes(key), 'text/plain')
    const sorted = keys.toSorted((a, b) => (a < b ? -1 : 1))
    expect(await archive.list('', 100)).toEqual(sorted)
    expect(await archive.list('b/', 100)).toEqual(['b/1.json', 'b/2.json', 'b/2/3.json'])
    const paged: string[] = []
    for (let page = await archive.list('', 2); page.length > 0; page = await archive.list('', 2, paged.at(-1)))
      paged.push(...page)
    expect(paged).toEqual(sorted)
  })

  test.each(['', '/etc/passwd', '../x', 'a/../../x', 'a//b', 'a/./b', '.hidden', 'a/.part', 'a\\b', 'a b', 'a/', 'ä'])(
    'refuses the key %j',
    async (key) => {
      const archive = open()
      const refused = { code: 'INVALID_REQUEST' }
      await expect(archive.put(key, bytes('x'), 'text/plain')).rejects.toMatchObject(refused)
      await expect(archive.get(key)).rejects.toMatchObject(refused)
      if (key) await expect(archive.list(`${key}/`, 1)).rejects.toMatchObject(refused)
    },
  )

  test('refuses more than 16 MiB under one key', async () => {
    const large = open().put('a', new Uint8Array(16 * 1_024 * 1_024 + 1), 'application/octet-stream')
    await expect(large).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
  })

  test('lists any set of keys in pages as if in one', async () => {
    const segment = fc.stringMatching(/^[a-c][a-c.-]{0,2}$/)
    const key = fc.tuple(segment, segment, segment).map((parts) => `${parts.join('/')}.json`)
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(key, { maxLength: 8 }), fc.integer({ min: 1, max: 3 }), async (keys, size) => {
        const archive = open()
        for (const each of keys) await archive.put(each, bytes(each), 'text/plain')
        const paged: string[] = []
        for (
          let page = await archive.list('', size);
          page.length > 0;
          page = await archive.list('', size, paged.at(-1))
        )
          paged.push(...page)
        expect(paged).toEqual(keys.toSorted((a, b) => (a < b ? -1 : 1)))
      }),
      { numRuns: 15 },
    )
  })
})

describe('the folder', () => {
  test('is its owner’s alone, and keeps no part of a file', async () => {
    const archive = openArchive({ folder: join(folder, 'modes') })
    await archive?.put('a/b.json', bytes('{}'), 'application/json')
    expect((await stat(join(folder, 'modes/a/b.json'))).mode & 0o777).toBe(0o600)
    expect((await stat(join(folder, 'modes/a'))).mode & 0o777).toBe(0o700)
    expect((await stat(join(folder, 'modes'))).mode & 0o777).toBe(0o700)
    expect(await readdir(join(folder, 'modes/a'))).toEqual(['b.json'])
  })

  test('does not follow a link out of itself, nor list one', async () => {
    const outside = join(folder, 'outside')
    await mkdir(join(folder, 'linked'), { recursive: true })
    await mkdir(outside)
    await writeFile(join(outside, 'secret.json'), 'canary')
    await symlink(outside, join(folder, 'linked/out'))
    const archive = openArchive({ folder: join(folder, 'linked') })
    const refused = { code: 'CONFIGURATION_INVALID' }
    await expect(archive?.get('out/secret.json')).rejects.toMatchObject(refused)
    await expect(archive?.put('out/new.json', bytes('x'), 'text/plain')).rejects.toMatchObject(refused)
    expect(await archive?.list('', 10)).toEqual([])
    expect(await readdir(outside)).toEqual(['secret.json'])
  })

  test('that is no folder says so', async () => {
    const archive = openArchive({ folder: '/dev/null' })
    const calls = [
      () => archive?.get('a'),
      () => archive?.list('', 1),
      () => archive?.put('a', bytes('x'), 'text/plain'),
    ]
    const unusable = { code: 'ARCHIVE_UNAVAILABLE', message: expect.stringContaining('/dev/null') }
    for (const call of calls) await expect(call()).rejects.toMatchObject(unusable)
  })
})

describe('the bucket', () => {
  test('that is not there is named, and the key of ours is not', async () => {
    const error: Error = await bucket('x', 'nobody-made-it')
      .put('a', bytes('x'), 'text/plain')
      .then(
        () => expect.unreachable(),
        (reason) => reason,
      )
    expect(error).toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringContaining('s3://nobody-made-it'),
    })
    expect(error.message).not.toContain('canary')
  })

  test('that hangs or is away is given up within bounds, and answers again afterwards', async () => {
    const archive = bucket('away')
    await archive.put('a', bytes('x'), 'text/plain')
    moto.pause()
    const before = Date.now()
    try {
      await expect(archive.get('a')).rejects.toMatchObject({ code: 'ARCHIVE_UNAVAILABLE' })
    } finally {
      moto.resume()
    }
    expect(Date.now() - before).toBeLessThan(25_000)
    expect(text(await archive.get('a'))).toBe('x')
  })
})
