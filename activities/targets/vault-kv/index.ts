import { defineTarget } from '../../../model/target.ts'
import type { VersionState } from '../../versions/item.ts'
import { versionVerbs } from '../../versions/target.ts'
import { connect, type Vault } from './connect.ts'
import { VaultKvStep } from './schema.ts'
import { vaultSystem } from './system.ts'

/** Secrets of Vault or OpenBao, KV version 2: back to what an older version holds. */
export const vaultKv = defineTarget<typeof VaultKvStep, VersionState, Vault>({
  schema: VaultKvStep,
  connectionKind: 'vault',
  connect,
  ...versionVerbs(vaultSystem),
})
