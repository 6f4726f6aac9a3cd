import { fileURLToPath } from 'node:url'
import { rdsPromote } from '../../activities/targets/rds-promote/index.ts'
import type { Target } from '../../model/target.ts'
import type { Fixture, Subject } from '../support/conformance.ts'
import { startProxy } from '../support/conformance-proxy.ts'
import type { RdsGround } from './rds-ground.ts'
import type { Point, PointedOptions } from './rds-pointers.ts'

let count = 4_000

/** Pairs of instances and something that leads to the first of them, in each situation that the conformance suite asks for. */
export async function pointedFixture({ model, credentials }: RdsGround, point: Point, write: RegExp): Promise<Fixture> {
  const target = rdsPromote as unknown as Target
  const { region } = model
  const arrange = async (options: PointedOptions = {}): Promise<Subject> => {
    const number = ++count
    const name = `subject-${number}`
    const source = region.put(name, { MultiAZ: true, DeletionProtection: true })
    const next = region.put(`next-${number}`)
    const pointed = await point(name, source, options)
    return {
      step: { kind: 'rds-promote', instance: name, by: pointed.by, candidate: next.identifier },
      read: async () => {
        region.advance()
        const pair = [source, next].map(({ identifier, settings }) => ({ identifier, settings: { ...settings } }))
        return { pair, pointed: await pointed.read() }
      },
      version: async () => `${source.writes} ${next.writes} ${await pointed.version()}`,
      elsewhere: () => pointed.elsewhere(region.put(`other-${++count}`)),
      irrelevant: () => pointed.irrelevant(),
    }
  }
  return {
    target,
    connection: await target.connect(credentials(), 'writer'),
    arrange: () => arrange(),
    empty: async () => {
      const { step } = await arrange()
      return { step: { ...step, candidate: 'nobody-there' } }
    },
    owned: async () => {
      const { step } = await arrange({ owned: true })
      return { step, forced: { force: { reason: 'the stack is being changed' } } }
    },
    forbidden: async () => ({
      connection: await target.connect(credentials('reader'), 'reader'),
      right: /rds:AddTagsToResource on /,
    }),
    unreachable: () => target.connect(credentials('writer', 'http://127.0.0.1:9'), 'unreachable'),
    secret: async () => {
      const canaries = ['canary-in-a-secret-7Qx', 'canary-in-a-url-3']
      return { subject: await arrange({ canaries }), canaries }
    },
    proxied: async () => {
      const isWrite = (_method: string, _path: string, body: string) => write.test(body)
      const proxy = await startProxy({ url: new URL(model.url), options: {}, isWrite })
      const module = fileURLToPath(new URL('../../activities/targets/rds-promote/index.ts', import.meta.url))
      return { proxy, credentials: credentials('writer', proxy.url), module, exported: 'rdsPromote' }
    },
  }
}
