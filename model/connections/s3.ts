import { z } from 'zod'

/** A bucket of S3, or of a server that speaks its protocol. */
export const S3 = z.strictObject({
  bucket: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'use the name of a bucket: 3 to 63 lower case letters'),
  prefix: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}(\/[A-Za-z0-9][A-Za-z0-9._-]{0,99}){0,3}$/,
      'use a/b, without a slash at its ends',
    )
    .optional()
    .describe('Everything lies below it.'),
  endpoint: z.url().optional().describe('Of a server that speaks the protocol of S3. Default: AWS.'),
  region: z.string().min(1).max(60).default('us-east-1'),
})
export type S3Settings = z.infer<typeof S3>
