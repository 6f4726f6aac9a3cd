import type { FastifyRequest } from 'fastify'
import { breakGlassKey } from '../../activities/archive/keys.ts'
import { breakGlassScript } from '../../exchange/export/index.ts'
import { NAME_PATTERN } from '../../model/ids.ts'
import type { RunInput, StepState } from '../../model/run.ts'
import type { Api } from '../context.ts'

/** Who meets a failure should not wait for the archive as well. Milliseconds. */
const LOOK_LIMIT = 1_000

/** Where the break-glass script of the service lies that a request is about, if one is kept. Never throws. */
export async function breakGlassFor({ archive }: Api, request: FastifyRequest): Promise<string | undefined> {
  const place = placeOf(request)
  if (!archive || !place) return undefined
  const key = breakGlassKey(place)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), LOOK_LIMIT)
  })
  const kept = await Promise.race([archive.get(key), late]).catch(() => undefined)
  clearTimeout(timer)
  return kept ? archive.locate(key) : undefined
}

/**
 * Keeps the script that a person runs where Unwind can't be reached, with the exact revisions of these plans. Does
 * nothing without an archive; throws what the archive throws, because a runbook without its script is not ready.
 */
export async function keepBreakGlass(
  { archive, configuration }: Api,
  input: RunInput,
  planned: readonly Pick<StepState, 'id' | 'plan'>[],
): Promise<void> {
  if (!archive) return
  const { text } = breakGlassScript(input, configuration.connections, planned)
  await archive.put(breakGlassKey(input), Buffer.from(text), 'text/x-shellscript; charset=utf-8')
}

function placeOf({ params, body, query }: FastifyRequest): { environment: string; service: string } | undefined {
  for (const part of [params, body, query]) {
    const { environment, service } = (part ?? {}) as { environment?: unknown; service?: unknown }
    if (isName(environment) && isName(service)) return { environment, service }
  }
  return undefined
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && NAME_PATTERN.test(value)
}
