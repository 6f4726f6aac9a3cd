import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'

/** One bucket, and where in it everything of ours lies. */
export interface Bucket {
  client: S3Client
  bucket: string
  /** Ends in a slash, or is empty. */
  top: string
  place: string
}

/** An upload has at most 10 000 parts of at least 5 MiB (UserGuide, qfacts). */
const MOST_PARTS = 10_000
const LEAST_PART = 8 * 1_024 ** 2

/** An object on its way, of which nobody sees anything before it is complete. */
export interface Upload {
  /** Takes bytes as they come, and answers once there is room for more. */
  write(chunk: Buffer): Promise<void>
  complete(): Promise<void>
  abort(): Promise<void>
}

/** Begins one of at most so many bytes; that bound decides how large its parts are, which are held in memory. */
export async function beginUpload(
  { client, bucket }: Bucket,
  key: string,
  atMost: number,
  abortSignal: AbortSignal,
): Promise<Upload> {
  const named = { Bucket: bucket, Key: key }
  const size = Math.max(LEAST_PART, Math.ceil(atMost / (MOST_PARTS - 1)))
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(named), { abortSignal })
  const parts: { ETag: string | undefined; PartNumber: number }[] = []
  let held: Buffer[] = []
  let bytes = 0
  const send = async () => {
    const PartNumber = parts.length + 1
    const Body = Buffer.concat(held)
    ;[held, bytes] = [[], 0]
    const { ETag } = await client.send(new UploadPartCommand({ ...named, UploadId, PartNumber, Body }), { abortSignal })
    parts.push({ ETag, PartNumber })
  }
  return {
    write: async (chunk) => {
      held.push(chunk)
      bytes += chunk.length
      if (bytes >= size) await send()
    },
    complete: async () => {
      if (bytes > 0) await send()
      const whole = { MultipartUpload: { Parts: parts }, UploadId }
      await client.send(new CompleteMultipartUploadCommand({ ...named, ...whole }), { abortSignal })
    },
    abort: async () => void (await client.send(new AbortMultipartUploadCommand({ ...named, UploadId }))),
  }
}

/** Ends uploads below a prefix that nobody will complete any more; one of them that still runs fails. */
export async function abortUploads({ client, bucket }: Bucket, below: string, abortSignal: AbortSignal): Promise<void> {
  const list = new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: below })
  const { Uploads = [] } = await client.send(list, { abortSignal })
  for (const { Key, UploadId } of Uploads)
    if (Key?.startsWith(below))
      await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }), { abortSignal })
}

/** Keys below a prefix, and when each was written in epoch milliseconds; at most so many. */
export async function keysBelow(
  { client, bucket }: Bucket,
  below: string,
  most: number,
  abortSignal: AbortSignal,
): Promise<{ key: string; at: number }[]> {
  const found: { key: string; at: number }[] = []
  for (let after: string | undefined; found.length < most; ) {
    const asked = { Bucket: bucket, Prefix: below, MaxKeys: Math.min(1_000, most), ...(after && { StartAfter: after }) }
    const { Contents = [], IsTruncated } = await client.send(new ListObjectsV2Command(asked), { abortSignal })
    found.push(
      ...Contents.flatMap(({ Key, LastModified }) => (Key ? [{ key: Key, at: LastModified?.getTime() ?? 0 }] : [])),
    )
    after = Contents.at(-1)?.Key
    if (!IsTruncated || after === undefined) break
  }
  return found
}
