import {
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3'
import type { S3Settings } from '../../model/configuration.ts'
import { UnwindError } from '../../model/errors.ts'
import { type Archive, checkKey, checkPrefix, checkSize, LIST_LIMIT } from './archive.ts'

const ATTEMPTS = 3
/** Milliseconds: until a connection stands, and until an answer has come. */
const CONNECT_LIMIT = 2_000
const ANSWER_LIMIT = 5_000

/** An archive in a bucket of S3, or of a server that speaks its protocol. Credentials come from the SDK's own chain. */
export function s3Archive(settings: S3Settings): Archive {
  const { bucket, prefix } = settings
  const client = clientOf(settings)
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

/** Checksums only where S3 demands them: servers that speak an older protocol refuse the newer default. */
function clientOf({ endpoint, region }: S3Settings): S3Client {
  return new S3Client({
    region,
    ...(endpoint && { endpoint, forcePathStyle: true }),
    maxAttempts: ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECT_LIMIT,
      requestTimeout: ANSWER_LIMIT,
      throwOnRequestTimeout: true,
    },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
}

/** Undefined for a key that is not there; whatever else goes wrong says where, and nothing of the credentials. */
async function mapped<Result>(place: string, work: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof UnwindError) throw error
    if (error instanceof NoSuchKey) return undefined
    throw problemOf(place, error)
  }
}

function problemOf(place: string, cause: unknown): UnwindError {
  const name = cause instanceof Error ? cause.name : 'unknown'
  const status = cause instanceof S3ServiceException ? cause.$metadata.httpStatusCode : undefined
  const options = { cause }
  if (name === 'NoSuchBucket')
    return new UnwindError('CONFIGURATION_INVALID', `there is no bucket for ${place}; make it`, undefined, options)
  if (status === 401 || status === 403 || name === 'CredentialsProviderError')
    return new UnwindError(
      'CONFIGURATION_INVALID',
      `${place} refuses us (${name}); give this process credentials that may list, get and put there`,
      undefined,
      options,
    )
  return new UnwindError(
    'ARCHIVE_UNAVAILABLE',
    `${place} does not answer (${name}); see that it can be reached, then repeat this`,
    undefined,
    options,
  )
}
