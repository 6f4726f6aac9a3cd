import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { launchdarkly } from '../../activities/targets/launchdarkly/index.ts'
import type { Target } from '../../model/target.ts'
import {
  type LaunchDarklyDouble,
  type LdFlag,
  READER,
  startLaunchDarkly,
  WRITER,
} from '../doubles/vendors/launchdarkly.ts'
import type { Fixture, Subject } from '../support/conformance.ts'
import { startProxy } from '../support/conformance-proxy.ts'

export interface LdLab {
  double: LaunchDarklyDouble
  target: Target
  connection: unknown
  /** A flag that is on in `test`. */
  flag(changes?: Partial<LdFlag>, inside?: object): LdFlag
  step(flag: LdFlag, more?: object): Record<string, unknown>
}

/** A double of LaunchDarkly and a connection to it. */
export async function openLd(): Promise<LdLab> {
  Object.assign(process.env, { UNWIND_TEST_LD: WRITER, UNWIND_TEST_LD_READER: READER })
  const double = await startLaunchDarkly()
  const flag: LdLab['flag'] = (changes = {}, inside = {}) => {
    const key = `cart-${randomUUID().slice(0, 8)}`
    const rule = { _id: randomUUID(), variation: 0, clauses: [{ attribute: 'country', op: 'in', values: ['fr'] }] }
    const environment = {
      ...{ on: true, version: 7, offVariation: 1, fallthrough: { variation: 0 }, rules: [rule], targets: [] },
      ...{ prerequisites: [], lastModified: 1, ...inside },
    }
    const made: LdFlag = {
      ...{ key, name: 'New cart', description: '', tags: [], dependents: [] },
      environments: { test: environment, other: structuredClone(environment) },
      ...changes,
    }
    double.flags.set(key, made)
    return made
  }
  const connection = await connect(double.url)
  const step: LdLab['step'] = ({ key }, more = {}) => ({ kind: 'launchdarkly', flag: key, ...more })
  return { double, target: launchdarkly as unknown as Target, connection, flag, step }
}

function connect(origin: string, variable = 'UNWIND_TEST_LD'): Promise<unknown> {
  return launchdarkly.connect({ pin: { origin }, token: { env: variable } }, 'launchdarkly')
}

/** Flags in each situation that the conformance suite asks for. */
export function ldFixture({ double, target, connection, flag, step }: LdLab): Fixture {
  const subject = (made: LdFlag): Subject => {
    const inside = made.environments['test']
    if (!inside) throw new Error('a flag of the fixture is in the environment test')
    return {
      step: step(made),
      read: async () => {
        const { on, rules, targets, fallthrough, offVariation } = inside
        return structuredClone({ on, rules, targets, fallthrough, offVariation, other: made.environments['other'] })
      },
      version: async () => String(inside.version),
      elsewhere: async () => {
        inside.rules = [...inside.rules, { _id: randomUUID(), variation: 1, clauses: [] }]
        inside.version += 1
      },
      irrelevant: async () => {
        made.description = 'somebody’s words'
        return async () => made.description === 'somebody’s words'
      },
    }
  }
  return {
    ...{ target, connection, unconditional: true as const },
    arrange: async () => subject(flag()),
    empty: async () => ({ step: step(flag({}, { on: false })) }),
    owned: async () => ({
      step: step(flag({ tags: ['managed-by-terraform'] })),
      forced: { force: { reason: 'it is down' } },
    }),
    forbidden: async () => ({ connection: await connect(double.url, 'UNWIND_TEST_LD_READER'), right: /updateOn/ }),
    unreachable: () => connect('http://127.0.0.1:9'),
    secret: async () => {
      const canaries = ['canary-in-variation-3', 'canary in rule & 4', 'canary-in-description-5']
      const made = flag(
        { description: canaries[2] ?? '', ...({ variations: [{ value: canaries[0] }] } as object) },
        { rules: [{ _id: '1', variation: 0, clauses: [{ attribute: 'email', op: 'in', values: [canaries[1]] }] }] },
      )
      return { subject: subject(made), canaries }
    },
    proxied: async () => {
      const proxy = await startProxy({
        url: new URL(double.url),
        options: { headers: { authorization: WRITER, 'ld-api-version': '20240415' } },
        isWrite: (method) => method === 'PATCH',
      })
      const module = fileURLToPath(new URL('../../activities/targets/launchdarkly/index.ts', import.meta.url))
      const credentials = { pin: { origin: proxy.url }, token: { env: 'UNWIND_TEST_LD' } }
      return { proxy, credentials, module, exported: 'launchdarkly' }
    },
  }
}
