import { z } from 'zod'
import { Secret } from '../secret.ts'
import { GitHubApp } from './github.ts'
import { S3 } from './s3.ts'

/** What a worker needs beside the shared configuration of a connection: paths and names, never a secret itself. */
export const Credentials = z.strictObject({
  kubeconfig: z
    .string()
    .min(1)
    .optional()
    .describe('Path. Default: KUBECONFIG, ~/.kube/config, or the pod’s own account.'),
  context: z.string().min(1).optional(),
  profile: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe('Profile of the AWS configuration files, which may assume a role. Default: the SDK’s own chain.'),
  token: Secret.optional().describe(
    'Of Unleash, LaunchDarkly, Vault, Argo CD or GitHub; of a Git repository over HTTPS, and for its pull requests.',
  ),
  app: GitHubApp.optional(),
  user: z
    .string()
    .min(1)
    .max(63)
    .optional()
    .describe(
      'Role of a database; who asks a Prometheus or Grafana; whose token it is, of a Git repository (x-access-token).',
    ),
  passwordFile: z.string().min(1).optional().describe('Path of a file that holds the password and nothing else.'),
  passwordVariable: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'write the name of an environment variable')
    .optional()
    .describe('Variable of the worker’s environment that holds the password.'),
  backups: z
    .union([z.string().min(1), z.strictObject({ s3: S3 })])
    .optional()
    .describe(
      'Where backups of the database are written to: a folder of this worker, or { s3: { bucket, prefix, region } }.',
    ),
  programs: z.string().min(1).optional().describe('Folder of pg_dump and pg_restore. Default: wherever PATH leads.'),
  helm: z.string().min(1).optional().describe('Path of the binary of Helm, 3 or 4. Default: helm on PATH.'),
  releases: z
    .string()
    .min(1)
    .optional()
    .describe('Path of a folder that holds the files of each release of a database, by its name: releases/v1.9/…'),
  ca: z
    .string()
    .min(1)
    .optional()
    .describe('Path of the authority that the certificate of a database or a Git server is signed by (PEM).'),
  key: z.string().min(1).optional().describe('Path of the private key for a Git repository over SSH.'),
  knownHosts: z.string().min(1).optional().describe('Path of the known hosts for it. Default: those of the user.'),
  signingKey: z
    .string()
    .min(1)
    .optional()
    .describe('Path of the SSH key that commits are signed with. Default: unsigned.'),
  clones: z
    .string()
    .min(1)
    .optional()
    .describe('Folder of this worker for clones of Git repositories. Default: unwind/git in the user’s cache.'),
  tokenFile: z.string().min(1).max(1_000).optional().describe('Path of a file that holds a bearer token.'),
})
export type Credentials = z.infer<typeof Credentials>
