import { getMarkdown, getReport } from '../calls.ts'
import { connect } from '../client.ts'
import type { ApiOptions, Format } from '../define/options.ts'
import { EXIT } from '../exit.ts'
import { put } from '../output.ts'
import { placeOf } from '../place.ts'
import { terminal } from '../terminal.ts'

interface ReportOptions extends ApiOptions {
  run?: string
  output?: Format
}

/** `unwind report`: the report as Markdown, or as data. */
export async function report(service: string, { run, output, ...options }: ReportOptions): Promise<number> {
  const place = await placeOf(service, options.environment)
  const client = await connect(options)
  if (output) await put(terminal(), output, await getReport(client, place, run), () => '')
  else process.stdout.write(await getMarkdown(client, place, run))
  return EXIT.ok
}
