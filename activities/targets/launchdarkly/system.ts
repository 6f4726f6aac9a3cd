import { createHash } from 'node:crypto'
import { canonical } from '../../../model/canonical.ts'
import { UnwindError } from '../../../model/errors.ts'
import type { CallContext, Warning } from '../../../model/target.ts'
import { at, listAt, textAt } from '../../ask.ts'
import type { Flag, FlagSystem } from '../../flags/flag.ts'
import { type LaunchDarkly, request } from './connect.ts'
import type { LaunchDarklyStep } from './schema.ts'

const SEMANTIC = 'application/json; domain-model=launchdarkly.semanticpatch'

/** By semantic patch: turning it says what is meant, and once more changes nothing. */
export const launchDarklySystem: FlagSystem<LaunchDarklyStep> = {
  async read(step, context) {
    const ld = context.connection as LaunchDarkly
    const where = keyOf(step, context)
    const { signal } = context
    const flag = await request(ld, { path: `${pathOf(step)}?env=${encodeURIComponent(where)}`, signal })
    return flagOf(flag.json, await dependents(step, where, context), step, context)
  },
  async turn(step, on, context) {
    const { rollbackId, reason, signal } = context
    const body = {
      environmentKey: keyOf(step, context),
      instructions: [{ kind: on ? 'turnFlagOn' : 'turnFlagOff' }],
      comment: `rollback ${rollbackId}: ${reason}`.slice(0, 500),
    }
    const path = `${pathOf(step)}${step.force ? '?ignoreConflicts=true' : ''}`
    const headers = { 'content-type': SEMANTIC }
    await request(context.connection as LaunchDarkly, { path, method: 'PATCH', headers, body, signal })
  },
}

function keyOf({ flagEnvironment }: LaunchDarklyStep, { environment }: CallContext): string {
  return flagEnvironment ?? environment
}

function pathOf({ project, flag }: LaunchDarklyStep): string {
  return `/api/v2/flags/${encodeURIComponent(project)}/${encodeURIComponent(flag)}`
}

/** Flags whose prerequisite this one is: they change with it. An account without that answer is no reason to stop. */
async function dependents(step: LaunchDarklyStep, where: string, context: CallContext): Promise<string[] | undefined> {
  const [project, environment, flag] = [step.project, where, step.flag].map(encodeURIComponent)
  const path = `/api/v2/flags/${project}/${environment}/${flag}/dependent-flags`
  const asked = { path, headers: { 'ld-api-version': 'beta' }, signal: context.signal }
  const found = await request(context.connection as LaunchDarkly, asked).catch((error: unknown) => {
    if (error instanceof UnwindError && error.code !== 'TARGET_UNREACHABLE') return undefined
    throw error
  })
  return found && listAt(found.json, 'items').flatMap((item) => textAt(item, 'key') ?? [])
}

function flagOf(json: unknown, dependent: string[] | undefined, step: LaunchDarklyStep, context: CallContext): Flag {
  const where = keyOf(step, context)
  const inside = at(json, 'environments', where)
  const name = `${step.project}/${step.flag} in ${where}`
  if (inside === undefined)
    throw new UnwindError('TARGET_NOT_FOUND', `${name}: the project has no such environment; correct flagEnvironment`)
  const { name: connection, origin } = context.connection as LaunchDarkly
  const tags = listAt(json, 'tags').filter((tag) => typeof tag === 'string')
  const owner = tags.find((tag) => /^(?:managed-by|terraform)/i.test(tag))
  const prerequisites = listAt(inside, 'prerequisites').flatMap((each) => textAt(each, 'key') ?? [])
  return {
    name,
    object: `launchdarkly/${connection}/${origin}/${step.project}/${step.flag}/${where}`,
    on: at(inside, 'on') === true,
    rules: createHash('sha256')
      .update(canonical(contentOf(inside)))
      .digest('hex')
      .slice(0, 32),
    ...(owner !== undefined && { owner }),
    warnings: warningsOf(name, inside, dependent),
    impact: prerequisites.length > 0 ? [`It needs ${prerequisites.join(', ')}, which stay as they are.`] : [],
  }
}

/** What decides who gets what: not versions, not clocks. */
function contentOf(inside: unknown): Record<string, unknown> {
  const keys = ['targets', 'contextTargets', 'rules', 'fallthrough', 'offVariation', 'prerequisites']
  return Object.fromEntries(keys.map((key) => [key, at(inside, key) ?? null]))
}

function warningsOf(name: string, inside: unknown, dependent: string[] | undefined): Warning[] {
  const off = at(inside, 'offVariation')
  const missing: Warning = {
    code: 'OFF_VARIATION_MISSING',
    message: `${name} has no off variation: while it is off, each service takes the default of its own code`,
    confirm: true,
  }
  const others: Warning = {
    code: 'DEPENDENT_FLAGS',
    message: `flags that need ${name} change with it: ${dependent?.slice(0, 20).join(', ')}`,
    confirm: true,
  }
  return [
    ...(off === undefined || off === null ? [missing] : []),
    ...(dependent && dependent.length > 0 ? [others] : []),
  ]
}
