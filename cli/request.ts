import type { RollbackRequest } from './calls.ts'
import { CommandError, EXIT, usage } from './exit.ts'
import { readInput } from './files.ts'
import { environmentOf } from './place.ts'

/** What `plan` and `start` take on the command line. */
export interface AskedOptions {
  file?: string
  runbook?: string
  param?: Record<string, string>
  answer?: Record<string, string>
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
  if (options.runbook !== undefined) return fromRunbook(options.runbook, workload, options, fallback)
  const stray = (['param', 'answer'] as const).find((key) => options[key] !== undefined)
  if (stray) throw usage(`--${stray} belongs to a runbook; name it with --runbook`)
  if (options.file) return fromFile(options.file, options)
  if (!workload) throw usage('Name a workload (deployment/checkout), a runbook (--runbook) or a request (--file).')
  const reason = reasonOf(options, fallback)
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

/** A runbook by its name, with what is said beside it. What the parameters may be the API judges. */
async function fromRunbook(
  runbook: string,
  workload: string | undefined,
  options: AskedOptions,
  fallback: string | undefined,
): Promise<RollbackRequest> {
  const fields = ['file', 'service', 'namespace', 'to', 'cluster', 'soak', 'resume'] as const
  const other = workload === undefined ? fields.find((key) => options[key] !== undefined) : undefined
  if (workload !== undefined) throw usage('Give a workload or --runbook, not both.')
  if (other) throw usage(`--${other} says what the runbook says; give it a parameter with --param`)
  const wrong = Object.entries(options.answer ?? {}).find(([, answer]) => answer !== 'yes' && answer !== 'no')
  if (wrong) throw usage(`--answer ${wrong[0]}=… takes yes or no`)
  return {
    runbook,
    environment: await environmentOf(options.environment),
    ...(options.param && { parameters: options.param }),
    ...(options.answer && { answers: options.answer }),
    reason: reasonOf(options, fallback),
    ...common(options),
  }
}

function reasonOf({ reason }: AskedOptions, fallback: string | undefined): string {
  const why = reason ?? fallback
  if (!why) throw usage('Say why, with --reason "…": people read it in the report.')
  return why
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
