import { createHash } from 'node:crypto'
import { at, listAt, textAt } from '../../ask.ts'
import { canonical } from '../../../model/canonical.ts'
import type { CallContext } from '../../../model/target.ts'
import { type Flag, type FlagSystem } from '../../flags/flag.ts'
import { request, type Unleash } from './connect.ts'
import type { UnleashStep } from './schema.ts'

/** Turning off keeps the strategies. Unleash turns a flag off by itself when its last strategy goes. */
export const unleashSystem: FlagSystem<UnleashStep> = {
  async read(step, context) {
    const unleash = context.connection as Unleash
    const { signal } = context
    const [environment, tags] = await Promise.all([
      request(unleash, { path: pathOf(step, context), signal }),
      request(unleash, { path: `/api/admin/features/${encodeURIComponent(step.flag)}/tags`, signal }),
    ])
    return flagOf(environment.json, listAt(tags.json, 'tags'), step, context)
  },
  async turn(step, on, context) {
    const path = `${pathOf(step, context)}/${on ? 'on' : 'off'}`
    await request(context.connection as Unleash, { path, method: 'POST', signal: context.signal })
  },
}

function pathOf({ project, flag, flagEnvironment }: UnleashStep, { environment }: CallContext): string {
  const [inside, name, where] = [project, flag, flagEnvironment ?? environment].map(encodeURIComponent)
  return `/api/admin/projects/${inside}/features/${name}/environments/${where}`
}

function flagOf(json: unknown, tags: unknown[], step: UnleashStep, context: CallContext): Flag {
  const where = step.flagEnvironment ?? context.environment
  const strategies = listAt(json, 'strategies').map((strategy) => ({
    id: textAt(strategy, 'id') ?? '',
    inForce: at(strategy, 'disabled') !== true,
    content: contentOf(strategy),
  }))
  const sorted = strategies.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const content = { strategies: sorted.map(({ content: each }) => each), variants: listAt(json, 'variants') }
  const owner = tags.find((tag) => textAt(tag, 'type') === 'managed-by')
  const { name, origin } = context.connection as Unleash
  return {
    name: `${step.project}/${step.flag} in ${where}`,
    object: `unleash/${name}/${origin}/${step.project}/${step.flag}/${where}`,
    on: at(json, 'enabled') === true,
    rules: createHash('sha256').update(canonical(content)).digest('hex').slice(0, 32),
    strategies: strategies.map(({ id, inForce }) => ({ id, inForce })),
    ...(owner !== undefined && { owner: textAt(owner, 'value') ?? 'something else' }),
    warnings: [],
    impact: ['SDKs poll: they see it within their interval, 15 s unless set otherwise.'],
  }
}

/** What decides who gets what: not titles, not clocks. */
function contentOf(strategy: unknown): Record<string, unknown> {
  const keys = ['id', 'name', 'parameters', 'constraints', 'segments', 'variants', 'disabled']
  return Object.fromEntries(keys.map((key) => [key, at(strategy, key) ?? null]))
}
