import type { RollbackRequest } from './calls.ts'
import { CommandError, EXIT, usage } from './exit.ts'
import { readInput } from './files.ts'
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
  const text = await readInput(file)
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
