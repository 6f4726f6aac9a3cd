import { S3Client, S3ServiceException } from '@aws-sdk/client-s3'
import type { S3Settings } from '../../model/connections/s3.ts'
import { UnwindError } from '../../model/errors.ts'

const ATTEMPTS = 3
/** Milliseconds until a connection stands. */
const CONNECT_LIMIT = 2_000

/**
 * A client of S3, or of a server that speaks its protocol, with `limit` milliseconds for each answer. Credentials come
 * from the SDK's own chain. Checksums only where S3 demands them: servers of an older protocol refuse the newer default.
 */
export function openS3({ endpoint, region }: S3Settings, limit: number): S3Client {
  return new S3Client({
    region,
    ...(endpoint && { endpoint, forcePathStyle: true }),
    maxAttempts: ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECT_LIMIT,
      requestTimeout: limit,
      throwOnRequestTimeout: true,
    },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
}

/** What a call to S3 failed of, at that place; nothing of the credentials. `silent` is what an absent answer counts as. */
export function s3Problem(
  place: string,
  cause: unknown,
  silent: 'ARCHIVE_UNAVAILABLE' | 'TARGET_UNREACHABLE',
): UnwindError {
  const name = cause instanceof Error ? cause.name : 'unknown'
  const status = cause instanceof S3ServiceException ? cause.$metadata.httpStatusCode : undefined
  const options = { cause }
  if (name === 'NoSuchBucket' || name === 'NotFound')
    return new UnwindError('CONFIGURATION_INVALID', `there is no bucket for ${place}; make it`, undefined, options)
  if (status === 401 || status === 403 || name === 'CredentialsProviderError')
    return new UnwindError(
      'CONFIGURATION_INVALID',
      `${place} refuses us (${name}); give this process credentials that may list, get and put there`,
      undefined,
      options,
    )
  return new UnwindError(
    silent,
    `${place} does not answer (${name}); see that it can be reached, then repeat this`,
    undefined,
    options,
  )
}
