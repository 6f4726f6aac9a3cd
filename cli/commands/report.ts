import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Report } from '../../model/report/index.ts'
import { getMarkdown, getReport, type Place } from '../calls.ts'
import { type Client, connect } from '../client.ts'
import type { ApiOptions, Format } from '../define/options.ts'
import { CommandError, EXIT, usage } from '../exit.ts'
import { put } from '../output.ts'
import { placeOf } from '../place.ts'
import { terminal } from '../terminal.ts'

interface ReportOptions extends ApiOptions {
  run?: string
  output?: Format
  postMortem?: string
}

const FILE_LIMIT = 4_194_304

/** `unwind report`: the report as Markdown, or as data; with `--post-mortem` the generated part of a file that is people's. */
export async function report(service: string, { run, output, postMortem, ...options }: ReportOptions): Promise<number> {
  const place = await placeOf(service, options.environment)
  const client = await connect(options)
  if (postMortem !== undefined) await writePostMortem(client, place, run, postMortem)
  else if (output) await put(terminal(), output, await getReport(client, place, run), () => '')
  else process.stdout.write(await getMarkdown(client, place, run))
  return EXIT.ok
}

/** A file that is there keeps every byte outside of its generated blocks; one that holds none is not touched. */
async function writePostMortem(client: Client, place: Place, run: string | undefined, file: string): Promise<void> {
  const { postmortem, regenerate } = await import('../../model/postmortem.ts')
  const made = (await getReport(client, place, run)) as Report
  const before = await readOrNothing(file)
  const out = terminal()
  if (before === undefined) {
    await replace(file, postmortem(made))
    return out.say(`Wrote ${file}; what stands between its markers can be generated anew, the rest is yours.`)
  }
  const anew = regenerate(before, made)
  if ('refused' in anew) throw usage(`${file} was left as it is: ${anew.refused}. Mend it, or name a new file.`)
  if (anew.text === before) return out.say(`${file} is as fresh as the report.`)
  await replace(file, anew.text)
  out.say(`Wrote the generated blocks of ${file} anew.`)
}

async function readOrNothing(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined
    throw new CommandError(EXIT.usage, `${file} cannot be read (${cause.code ?? 'unknown'}).`, { cause })
  })
  if (text !== undefined && text.length > FILE_LIMIT) throw usage(`${file} is larger than ${FILE_LIMIT} bytes.`)
  return text
}

/** Whole or not at all: what people wrote must not be lost to a full disk. */
async function replace(file: string, text: string): Promise<void> {
  const part = join(dirname(file), `.${basename(file)}.${process.pid}`)
  try {
    await writeFile(part, text)
    await rename(part, file)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    throw new CommandError(EXIT.usage, `${file} cannot be written (${code}).`, { cause })
  } finally {
    await rm(part, { force: true })
  }
}
