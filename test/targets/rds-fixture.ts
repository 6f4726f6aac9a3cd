import { fileURLToPath } from 'node:url'
import { rdsCleanup } from '../../activities/targets/rds-cleanup/index.ts'
import { rdsOpen } from '../../activities/targets/rds-open/index.ts'
import { rdsPromote } from '../../activities/targets/rds-promote/index.ts'
import { rdsRestore } from '../../activities/targets/rds-restore/index.ts'
import { rdsSnapshot } from '../../activities/targets/rds-snapshot/index.ts'
import type { Target } from '../../model/target.ts'
import type { Fixture } from '../support/conformance.ts'
import { startProxy } from '../support/conformance-proxy.ts'
import type { RdsGround } from './rds-ground.ts'
import { type RdsKind, type RdsSort, RdsSubjects } from './rds-subjects.ts'

/** Each target with the call that changes its object, and the right that its first write needs. */
const TARGETS = {
  'rds-snapshot': {
    ...{ target: rdsSnapshot, exported: 'rdsSnapshot', write: /^Action=CreateDB(?:Cluster)?Snapshot&/ },
    right: /rds:CreateDB(?:Cluster)?Snapshot on /,
  },
  'rds-restore': {
    ...{ target: rdsRestore, exported: 'rdsRestore', write: /^Action=RestoreDB(?:Instance|Cluster)ToPointInTime&/ },
    right: /rds:RestoreDB(?:Instance|Cluster)ToPointInTime on /,
  },
  'rds-promote': {
    ...{ target: rdsPromote, exported: 'rdsPromote', write: /NewDB(?:Instance|Cluster)Identifier=[a-z0-9-]+-old-/ },
    right: /rds:AddTagsToResource on /,
  },
  'rds-open': {
    ...{ target: rdsOpen, exported: 'rdsOpen', write: /^Action=ModifyDB(?:Instance|Cluster)&/ },
    right: /rds:AddTagsToResource on /,
  },
  'rds-cleanup': {
    ...{ target: rdsCleanup, exported: 'rdsCleanup', write: /^Action=DeleteDB(?:Cluster&|Instance&(?!.*-m\d))/ },
    right: /rds:ModifyDB(?:Instance|Cluster) on /,
  },
} as const

/** Databases of the model, in each situation that the conformance suite asks for. */
export async function rdsFixture(
  kind: RdsKind,
  { model, credentials }: RdsGround,
  sort: RdsSort = 'instance',
): Promise<Fixture> {
  const { target, exported, write, right } = TARGETS[kind]
  const subjects = new RdsSubjects(kind, sort, model.region)
  return {
    target: target as unknown as Target,
    connection: await target.connect(credentials(), 'writer'),
    // Groups are given by what they shall be: given twice is given once.
    ...(kind === 'rds-open' && { unconditional: true as const }),
    arrange: async () => subjects.arrange(),
    empty: async () => subjects.empty(),
    owned: async () => {
      const { step } = subjects.arrange({ 'aws:cloudformation:stack-name': 'shop' })
      // A stack reverts names; it knows nothing of snapshots and of instances beside its own.
      return kind === 'rds-promote' || kind === 'rds-cleanup'
        ? { step, forced: { force: { reason: 'the stack is being changed' } } }
        : { step }
    },
    forbidden: async () => ({ connection: await target.connect(credentials('reader'), 'reader'), right }),
    unreachable: () => target.connect(credentials('writer', 'http://127.0.0.1:9'), 'unreachable'),
    secret: async () => {
      const canaries = ['canary-in-a-tag-7Qx', 'canary in a description & 2']
      const [password = '', note = ''] = canaries
      return { subject: subjects.arrange({ password, note }), canaries }
    },
    proxied: async () => {
      const isWrite = (_method: string, _path: string, body: string) => write.test(body)
      const proxy = await startProxy({ url: new URL(model.url), options: {}, isWrite })
      const module = fileURLToPath(new URL(`../../activities/targets/${kind}/index.ts`, import.meta.url))
      return { proxy, credentials: credentials('writer', proxy.url), module, exported }
    },
  }
}
