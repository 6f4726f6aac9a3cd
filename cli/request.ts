import { readFile } from 'node:fs/promises'
import type { RollbackRequest } from './calls.ts'
import { CommandError, EXIT, usage } from './exit.ts'
import { environmentOf } from './place.ts'

/** What `plan` and `start` take on the command line. */
export interface AskedOptions {
  file?: string
  namespace?: string
  to?: string
  reason?: string
  service?: string
  environment?: string
  cluster?: string
  incident?: string
  accept?: string[]
  soak?: string
  resume?: boolean
}

const FILE_LIMIT = 1_048_576

/**
 * The request that a command line stands for: a file, completed by the options that concern the whole request, or one
 * step for a workload. The API judges it; here only what the API can't know is filled in.
 */
export async function requestOf(
  workload: string | undefined,
  options: AskedOptions,
  fallback?: string,
): Promise<RollbackRequest> {
  if (options.file && workload) throw usage('Give a workload or --file, not both.')
  if (options.file) return fromFile(options.file, options)
  if (!workload) throw usage('Name a workload (deployment/checkout) or a request with --file.')
  const reason = options.reason ?? fallback
  if (!reason) throw usage('Say why, with --reason "…": people read it in the report.')
  return {
    service: options.service ?? workload.split('/').at(-1) ?? workload,
    environment: await environmentOf(options.environment),
    steps: [stepOf(workload, options)],
    reason,
    ...common(options),
  }
}

/** The step for a workload of Kubernetes, with only the fields that were given: the rest are the environment's. */
export function stepOf(workload: string, options: AskedOptions): Record<string, unknown> {
  const { namespace, cluster, soak, resume, to } = options
  return {
    kind: 'kubernetes',
    workload,
    ...(namespace && { namespace }),
    ...(cluster && { cluster }),
    ...(to && { to: /^[1-9]\d{0,9}$/.test(to) ? Number(to) : to }),
    ...(soak && { soak }),
    ...(resume && { resume }),
  }
}

function common({ incident, accept }: AskedOptions): Record<string, unknown> {
  return { ...(incident && { incident }), ...(accept && { accept }) }
}

async function fromFile(file: string, options: AskedOptions): Promise<RollbackRequest> {
  const single = (['namespace', 'to', 'cluster', 'soak', 'resume'] as const).find((key) => options[key] !== undefined)
  if (single) throw usage(`--${single} belongs to one step; write it into ${file}`)
  const { parse } = await import('yaml')
  const text = file === '-' ? await readStdin() : await readText(file)
  let value: unknown
  try {
    value = parse(text, { maxAliasCount: 20, stringKeys: true })
  } catch (cause) {
    throw new CommandError(EXIT.usage, `${file}: ${cause instanceof Error ? cause.message : 'is no YAML'}`, { cause })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw usage(`${file} holds no request; write service, environment, steps and reason`)
  const { reason, service, environment } = options
  return {
    ...value,
    ...(reason && { reason }),
    ...(service && { service }),
    ...(environment && { environment }),
    ...common(options),
  }
}

async function readText(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    throw new CommandError(EXIT.usage, `${file} cannot be read (${code}).`, { cause })
  })
  if (text.length > FILE_LIMIT) throw usage(`${file} is larger than ${FILE_LIMIT} bytes.`)
  return text
}

async function readStdin(): Promise<string> {
  let text = ''
  for await (const chunk of process.stdin) {
    text += String(chunk)
    if (text.length > FILE_LIMIT) throw usage(`stdin holds more than ${FILE_LIMIT} bytes.`)
  }
  return text
}
