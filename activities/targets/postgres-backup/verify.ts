import type { CallContext, Verdict } from '../../../model/target.ts'
import type { Database } from '../../postgres/connect.ts'
import type { PostgresBackupStep } from './schema.ts'
import { readSource } from './source.ts'
import type { BackupState } from './state.ts'
import { shelfOf } from './stores.ts'

/** Is the backup there as it was written, byte for byte, and does it list the rows of every table? */
export async function verify(
  step: PostgresBackupStep,
  state: BackupState,
  context: CallContext<Database>,
): Promise<Verdict> {
  const { connection, signal } = context
  const shelf = shelfOf(context)
  if (!state.made && context.drill && (await shelf.any(signal))) return verdict('fail', `${shelf.name} is still there`)
  if (!state.made) return verdict('pass', 'a backup is kept, not taken back')
  const [source, manifest] = await Promise.all([readSource(connection, step, signal), shelf.manifest(signal)])
  if (source.oid !== state.oid) return verdict('fail', `${source.name} was dropped and made anew since the backup`)
  if (!manifest) return verdict('fail', `there is no whole backup of ${source.name} by this step`)
  const wanted = { bytes: state.bytes ?? manifest.bytes, sha256: state.sha256 ?? manifest.sha256 }
  const found = await shelf.measure(manifest.file, signal)
  if (found?.bytes !== wanted.bytes || found.sha256 !== wanted.sha256)
    return verdict('fail', `the backup ${manifest.file} is gone, or not the one that was written`, { ...found })
  const { entries, tables } = await shelf.listing(manifest.file, signal)
  const facts = { file: manifest.file, ...found, entries, tables }
  if (tables < manifest.tables || entries < manifest.entries)
    return verdict('fail', `the backup lists ${tables} tables of ${manifest.tables}`, facts)
  return verdict('pass', `${found.bytes} bytes, ${entries} entries, rows of ${tables} tables`, facts)
}

function verdict(status: Verdict['status'], summary: string, facts?: object): Verdict {
  return { status, evidence: { summary, ...(facts && { facts: { ...facts } }) } }
}
