import { z } from 'zod'
import { defineKind, Name, stepFields } from '../../../model/step.ts'
import { VersionTo } from '../../versions/schema.ts'

const Path = z.string().regex(/^[A-Za-z0-9_.-]+(?:\/[A-Za-z0-9_.-]+)*$/, 'write the path without slashes at its ends')

export const VaultKvStep = z
  .strictObject({
    kind: z.literal('vault-kv'),
    ...stepFields,
    secret: Path.max(512)
      .refine((path) => !path.split('/').some((part) => part === '.' || part === '..'), 'must not contain . or ..')
      .describe('The secret, by its path inside the mount: shop/checkout.'),
    mount: Path.max(200).default('secret').describe('Where the KV engine, version 2, is mounted.'),
    vault: Name.default('vault').describe('The connection. Default: the one called vault.'),
    to: VersionTo.default('last-good'),
  })
  .meta({
    id: 'VaultKvStep',
    title: 'Secret of Vault (KV version 2)',
    description:
      'Takes a secret of Vault or OpenBao back to what an older version holds: it is written again as the newest version.',
  })
export type VaultKvStep = z.infer<typeof VaultKvStep>

export const vaultKvKind = defineKind({
  schema: VaultKvStep,
  connection: 'vault',
  inherits: ['vault', 'mount'],
  title: ({ mount, secret, to }) => `${mount}/${secret} → ${typeof to === 'number' ? `version ${to}` : to}`,
})
