import { GetObjectCommand, ListObjectsV2Command, NoSuchKey, PutObjectCommand } from '@aws-sdk/client-s3'
import type { S3Settings } from '../../model/connections/s3.ts'
import { UnwindError } from '../../model/errors.ts'
import { openS3, s3Problem } from '../s3/client.ts'
import { type Archive, checkKey, checkPrefix, checkSize, LIST_LIMIT } from './archive.ts'

/** Milliseconds until an answer has come. */
const ANSWER_LIMIT = 5_000

/** An archive in a bucket of S3, or of a server that speaks its protocol. Credentials come from the SDK's own chain. */
export function s3Archive(settings: S3Settings): Archive {
  const { bucket, prefix } = settings
  const client = openS3(settings, ANSWER_LIMIT)
  const top = prefix ? `${prefix}/` : ''
  const place = `s3://${bucket}/${top}`
  return {
    locate: (key) => place + key,
    async put(key, bytes, contentType) {
      checkKey(key)
      checkSize(key, bytes.byteLength)
      const object = { Bucket: bucket, Key: top + key, Body: bytes, ContentType: contentType }
      await mapped(place, () => client.send(new PutObjectCommand(object)))
      return { location: place + key }
    },
    async get(key) {
      checkKey(key)
      return mapped(place, async () => {
        const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: top + key }))
        checkSize(key, answer.ContentLength ?? 0)
        return answer.Body?.transformToByteArray()
      })
    },
    async list(below, limit, after) {
      checkPrefix(below)
      const behind = after ? { StartAfter: top + after } : {}
      const asked = { Bucket: bucket, Prefix: top + below, MaxKeys: Math.min(limit, LIST_LIMIT), ...behind }
      const answer = await mapped(place, () => client.send(new ListObjectsV2Command(asked)))
      return (answer?.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key.slice(top.length)]))
    },
  }
}

/** Undefined for a key that is not there; whatever else goes wrong says where, and nothing of the credentials. */
async function mapped<Result>(place: string, work: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof UnwindError) throw error
    if (error instanceof NoSuchKey) return undefined
    throw s3Problem(place, error, 'ARCHIVE_UNAVAILABLE')
  }
}
