import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  NoSuchKey,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import type { S3Settings } from '../../../model/connections/s3.ts'
import { UnwindError } from '../../../model/errors.ts'
import type { Database } from '../../postgres/connect.ts'
import { openS3, s3Problem } from '../../s3/client.ts'
import { abortUploads, type Bucket, beginUpload, keysBelow } from './multipart.ts'
import { type Dumping, startLister } from './programs.ts'
import { type Place, plain, type Shelf, type Store, type Taken } from './shelf.ts'
import { type Manifest, parsedManifest } from './state.ts'
import { causeOf, Counting, nowhere } from './taking.ts'

/** Milliseconds for one answer: a part of a dump on a slow line, or the first byte of one. */
const ANSWER_LIMIT = 120_000
const MANIFEST = 'manifest.json'
/** Objects of one connection that are looked through. */
const MOST = 5_000

/**
 * A bucket of S3, in which each backup is an object of its own name with a manifest beside it. An attempt that dies leaves
 * parts that nobody sees; one that was believed dead and goes on can replace nothing.
 */
export function bucketOf(database: Database, settings: S3Settings): Store {
  const { bucket, prefix } = settings
  const top = prefix ? `${prefix}/` : ''
  const at = { client: openS3(settings, ANSWER_LIMIT), bucket, top, place: `s3://${bucket}/${top}` }
  return {
    room: (signal) =>
      asked(at, async () => {
        await at.client.send(new HeadBucketCommand({ Bucket: bucket }), { abortSignal: signal })
        return undefined
      }),
    shelf: (place) => shelf(database, at, place),
    backups: (signal) => asked(at, () => backupsIn(at, plain(database.name), signal)),
  }
}

function shelf(database: Database, at: Bucket, { connection, run, step }: Place): Shelf {
  const below = `${at.top}${connection}/${run}/${step}/`
  const keyOf = (file: string) => file.slice(`s3://${at.bucket}/`.length)
  return {
    name: `s3://${at.bucket}/${below}`,
    manifest: (signal) => asked(at, () => readManifest(at, `${below}${MANIFEST}`, signal)),
    take: (dumping, atMost, signal) => asked(at, () => take(database, at, { below, dumping, atMost, signal })),
    measure: (file, signal) =>
      asked(at, async () => {
        const body = await read(at, keyOf(file), signal)
        if (!body) return undefined
        const counting = new Counting()
        await pipeline(body, counting, nowhere(), { signal })
        return counting.measured()
      }),
    listing: (file, signal) =>
      asked(at, async () => {
        const body = await read(at, keyOf(file), signal)
        if (!body) throw new UnwindError('TARGET_REJECTED', `the backup ${file} is not there`)
        const lister = startLister(database, signal)
        for await (const chunk of body as AsyncIterable<Buffer>) if (!(await lister.feed(chunk))) break
        return lister.done()
      }),
    any: (signal) => asked(at, async () => (await keysBelow(at, below, 1, signal)).length > 0),
    remove: (signal) => asked(at, () => remove(at, below, signal)),
  }
}

interface Taking {
  below: string
  dumping: Dumping
  atMost: number
  signal: AbortSignal
}

/** In parts that become an object only once the backup is whole and lists its tables. */
async function take(database: Database, at: Bucket, { below, dumping, atMost, signal }: Taking): Promise<Taken> {
  await abortUploads(at, below, signal)
  const key = `${below}${randomUUID()}.dump`
  const upload = await beginUpload(at, key, atMost, signal)
  const [counting, lister] = [new Counting(atMost), startLister(database, signal)]
  const sent = async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      await asked(at, () => upload.write(chunk))
      await lister.feed(chunk)
    }
  }
  try {
    await pipeline(dumping.bytes, counting, sent)
    await dumping.ended
    const listing = await lister.done()
    const keep = async (manifest: Manifest) => {
      await asked(at, () => upload.complete())
      await asked(at, () => putManifest(at, `${below}${MANIFEST}`, manifest, signal))
    }
    return { ...counting.measured(), listing, file: `s3://${at.bucket}/${key}`, keep }
  } catch (error) {
    for (const program of [dumping, lister]) program.kill()
    // What can't be ended now is ended by the next attempt.
    await upload.abort().catch(() => {})
    throw await causeOf(error, dumping)
  }
}

/** Somebody else's manifest, of an attempt that was believed dead, is not replaced (API_PutObject, If-None-Match). */
async function putManifest({ client, bucket }: Bucket, key: string, manifest: Manifest, abortSignal: AbortSignal) {
  const body = { Body: JSON.stringify(manifest), ContentType: 'application/json', IfNoneMatch: '*' }
  await client
    .send(new PutObjectCommand({ Bucket: bucket, Key: key, ...body }), { abortSignal })
    .catch((error: Error) => {
      if (error.name !== 'PreconditionFailed') throw error
    })
}

async function read({ client, bucket }: Bucket, key: string, abortSignal: AbortSignal): Promise<Readable | undefined> {
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }), { abortSignal })
    return Body as Readable | undefined
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined
    throw error
  }
}

async function readManifest(at: Bucket, key: string, signal: AbortSignal): Promise<Manifest | undefined> {
  const chunks: Buffer[] = []
  for await (const chunk of ((await read(at, key, signal)) ?? []) as AsyncIterable<Buffer>) chunks.push(chunk)
  return chunks.length === 0 ? undefined : parsedManifest(Buffer.concat(chunks).toString('utf8'))
}

async function backupsIn(at: Bucket, connection: string, signal: AbortSignal) {
  const found = await keysBelow(at, `${at.top}${connection}/`, MOST, signal)
  const newest = found
    .filter(({ key }) => key.endsWith(`/${MANIFEST}`))
    .sort((a, b) => b.at - a.at)
    .slice(0, 50)
  const manifests = await Promise.all(
    newest.map(async ({ key, at: since }) => {
      const manifest = await readManifest(at, key, signal)
      return manifest ? [{ at: since, manifest }] : []
    }),
  )
  return manifests.flat()
}

async function remove(at: Bucket, below: string, abortSignal: AbortSignal): Promise<void> {
  await abortUploads(at, below, abortSignal)
  const keys = (await keysBelow(at, below, MOST, abortSignal)).map(({ key }) => key)
  const first = keys.filter((key) => key.endsWith(MANIFEST))
  for (const key of [...first, ...keys.filter((one) => !first.includes(one))])
    await at.client.send(new DeleteObjectCommand({ Bucket: at.bucket, Key: key }), { abortSignal })
}

async function asked<Result>({ place }: Bucket, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof UnwindError || (error instanceof Error && error.name === 'AbortError')) throw error
    throw s3Problem(place, error, 'TARGET_UNREACHABLE')
  }
}
