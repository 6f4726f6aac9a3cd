import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateKeys } from '../../config/keys.ts'
import type { Configuration } from '../../model/configuration.ts'

/**
 * Writes the configuration that the parts of one machine run with: the reader's own, the keys that sign and verify who
 * asked (made in `folder` where the reader names none), and the address of the Temporal UI. Answers its path. JSON is YAML.
 */
export async function writeEffective(
  configuration: Configuration,
  folder: string,
  { temporalUi }: { temporalUi: string },
): Promise<string> {
  const own = configuration.api.signingKey !== undefined
  const keys = own ? undefined : await generateKeys(join(folder, 'keys'))
  const effective: Configuration = {
    ...configuration,
    api: { ...configuration.api, temporalUi, ...(keys && { signingKey: keys.signingKey }) },
    worker: {
      ...configuration.worker,
      verifyKeys: [...configuration.worker.verifyKeys, ...(keys ? [keys.verifyKey] : [])].slice(0, 5),
    },
  }
  const path = join(folder, 'effective.yaml')
  await writeFile(path, `${JSON.stringify(effective, null, 2)}\n`, { mode: 0o600 })
  return path
}
