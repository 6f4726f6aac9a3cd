import { existsSync } from 'node:fs'
import type { Form, Surroundings } from '../../exchange/export/index.ts'
import type { Runbook } from '../../model/runbook/document.ts'
import { getRunbook } from '../calls.ts'
import { type ClientOptions, connect } from '../client.ts'
import { EXIT, usage } from '../exit.ts'
import { terminal } from '../terminal.ts'

interface ExportOptions extends ClientOptions {
  as: Form
  environment?: string
  config?: string
}

/** `unwind runbook export`: a runbook of a file, or of the API by its name, in another form on stdout. */
export async function exportAs(
  runbook: string,
  { as, environment, config, ...options }: ExportOptions,
): Promise<number> {
  const { document, revision } = await found(runbook, options)
  const { exportRunbook } = await import('../../exchange/export/index.ts')
  const connections = await connectionsOf(config)
  const around = { revision, ...(connections && { connections }), ...(environment !== undefined && { environment }) }
  const out = terminal()
  try {
    const { text, remarks } = exportRunbook(as, document, around)
    process.stdout.write(text)
    for (const remark of remarks) out.say(`Note: ${remark}.`)
    return EXIT.ok
  } catch (error) {
    if (error instanceof RangeError) throw usage(error.message)
    throw error
  }
}

async function found(runbook: string, options: ClientOptions): Promise<{ document: Runbook; revision: string }> {
  const isName = /^[a-z0-9][a-z0-9-]{0,62}$/.test(runbook) && !existsSync(runbook)
  if (!isName) return (await import('../runbook-file.ts')).readRunbookFile(runbook)
  const { document, revision } = await getRunbook(await connect(options), runbook)
  return { document: document as Runbook, revision }
}

/** Addresses, where a configuration tells them: a script names the exact URL, and the cluster that must be meant. */
async function connectionsOf(config: string | undefined): Promise<Surroundings['connections']> {
  const named = config ?? process.env['UNWIND_CONFIG']
  if (!named) return undefined
  const { loadConfiguration } = await import('../../config/load.ts')
  return (await loadConfiguration(named)).configuration.connections
}
