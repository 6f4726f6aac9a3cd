import { parse } from 'yaml'
import { UnwindError } from '../../../model/errors.ts'
import { at, textAt } from '../../ask.ts'
import type { GitHub } from '../../github/connect.ts'
import { request } from '../../github/request.ts'
import type { Dispatch } from './state.ts'

/** A workflow as its file says it, at one ref. */
export interface WorkflowFile {
  /** git's object. */
  object: string
  inputs: Record<string, unknown>
  runName: string
  /** Environments that its jobs enter, as far as they are named without an expression. */
  environments: string[]
}

/**
 * Reads a workflow at a ref. Throws TARGET_NOT_FOUND where the default branch or the ref doesn't have it, TARGET_REJECTED where it is
 * switched off or can't be dispatched.
 */
export async function readWorkflow(
  github: GitHub,
  { workflow, ref }: Pick<Dispatch, 'workflow' | 'ref'>,
  signal: AbortSignal,
): Promise<WorkflowFile> {
  const known = await request(github, {
    ...{
      path: `/actions/workflows/${workflow}`,
      signal,
      wanted: `read the workflow ${workflow}, which has to be on the default branch`,
    },
  })
  const state = textAt(known.json, 'state')
  if (state !== 'active')
    throw new UnwindError(
      'TARGET_REJECTED',
      `${workflow} is switched off (${state}); enable it under Actions, then retry`,
    )
  const { object, text } = await fileAt(github, workflow, ref, signal)
  return { object, ...read(text, `${workflow} at ${ref}`) }
}

/** git's object of a workflow's file at a ref now. */
export async function fileAt(github: GitHub, workflow: string, ref: string, signal: AbortSignal) {
  const query = new URLSearchParams({ ref })
  const path = `/contents/${encodeURIComponent(`.github/workflows/${workflow}`)}?${query.toString()}`
  const { json } = await request(github, { path, signal, wanted: `read ${workflow} at ${ref}` })
  const text = Buffer.from(textAt(json, 'content') ?? '', 'base64').toString('utf8')
  return { object: textAt(json, 'sha') ?? '', text }
}

function read(text: string, name: string): Omit<WorkflowFile, 'object'> {
  const document = parsed(text, name)
  const on = at(document, 'on')
  const dispatch = typeof on === 'string' || Array.isArray(on) ? undefined : at(on, 'workflow_dispatch')
  const runs =
    on === 'workflow_dispatch' || (Array.isArray(on) && on.includes('workflow_dispatch')) || dispatch !== undefined
  if (!runs)
    throw new UnwindError(
      'TARGET_REJECTED',
      `${name} does not run on workflow_dispatch; add that under on:, then retry`,
    )
  const jobs = Object.values((at(document, 'jobs') ?? {}) as Record<string, unknown>)
  const entered = jobs.map((job) => textAt(job, 'environment', 'name') ?? textAt(job, 'environment'))
  return {
    inputs: (at(dispatch, 'inputs') ?? {}) as Record<string, unknown>,
    runName: textAt(document, 'run-name') ?? '',
    environments: [...new Set(entered.filter((one) => one !== undefined && !one.includes('${{')))] as string[],
  }
}

function parsed(text: string, name: string): unknown {
  try {
    return parse(text, { maxAliasCount: 100 })
  } catch {
    throw new UnwindError('TARGET_REJECTED', `${name} is no YAML that can be read; mend it, then retry`)
  }
}

/** Throws TARGET_REJECTED with everything that GitHub, or finding the run again, would stumble over. */
export function fits({ inputs: known, runName }: WorkflowFile, { workflow, ref, inputs, mark }: Dispatch): void {
  const given = { ...inputs, [mark]: 'unwind-0' }
  const wrong = [
    ...Object.entries(given).flatMap(([key, value]) =>
      key in known ? badValue(key, value, known[key]) : [`it has no input ${key}`],
    ),
    ...Object.keys(known).flatMap((key) =>
      at(known[key], 'required') === true && at(known[key], 'default') === undefined && !(key in given)
        ? [`it needs the input ${key}`]
        : [],
    ),
    ...(shows(runName, mark)
      ? []
      : [`its run-name does not show the input ${mark}: add  run-name: Rollback \${{ inputs.${mark} }}`]),
  ]
  if (wrong.length > 0)
    throw new UnwindError('TARGET_REJECTED', `${workflow} at ${ref} can't be used so: ${wrong.slice(0, 5).join('; ')}`)
}

function badValue(key: string, value: string, input: unknown): string[] {
  const [type, options] = [textAt(input, 'type'), at(input, 'options')]
  if (type === 'choice' && Array.isArray(options) && !options.map(String).includes(value))
    return [`its input ${key} takes ${options.slice(0, 10).join(', ')}`]
  if (type === 'boolean' && value !== 'true' && value !== 'false') return [`its input ${key} takes true or false`]
  return type === 'number' && Number.isNaN(Number(value)) ? [`its input ${key} takes a number`] : []
}

function shows(runName: string, mark: string): boolean {
  const name = mark.replaceAll('-', String.raw`\-`)
  return new RegExp(String.raw`\$\{\{[^}]*\binputs(?:\.${name}(?![\w-])|\[['"]${name}['"]\])`).test(runName)
}
