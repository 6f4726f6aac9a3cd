import { afterAll } from 'vitest'
import { type MotoServer, startMoto } from '../../tools/moto/server.ts'
import { describeTarget } from '../support/conformance-suite.ts'
import { rdsFixture } from './rds-fixture.ts'
import { openRdsGround, type RdsGround } from './rds-ground.ts'
import { pointedFixture } from './rds-pointed-fixture.ts'
import { proxies, records, secrets } from './rds-pointers.ts'

let ground: Promise<RdsGround> | undefined
let moto: Promise<MotoServer> | undefined
const open = () => (ground ??= openRdsGround())
afterAll(async () => {
  await (await ground)?.close()
  await (await moto)?.stop()
})

for (const kind of ['rds-snapshot', 'rds-restore', 'rds-promote', 'rds-open'] as const) {
  describeTarget(`${kind}, against the model of RDS,`, async () => rdsFixture(kind, await open()))
  describeTarget(`${kind} of a cluster of Aurora, against the model of RDS,`, async () =>
    rdsFixture(kind, await open(), 'cluster'),
  )
}

for (const sort of ['instance', 'cluster'] as const)
  describeTarget(
    `rds-cleanup of ${sort === 'instance' ? 'an instance' : 'a cluster of Aurora'}, against the model of RDS,`,
    async () => rdsFixture('rds-cleanup', await open(), sort),
    { 'the move reversed restores exactly': 'nothing brings a deleted database back; the plan says so' },
  )

/** The model of RDS, with moto behind it for what is no call of RDS. */
async function openBoth(): Promise<{ ground: RdsGround; url: string }> {
  moto ??= startMoto()
  const [opened, { url }] = await Promise.all([open(), moto])
  opened.model.behind = url
  return { ground: opened, url }
}

describeTarget('rds-promote by a secret, against the model of RDS and the secrets of moto,', async () => {
  const both = await openBoth()
  return pointedFixture(both.ground, secrets(both.url, both.ground.model.region), /"RemoveFromVersionId"/)
})
describeTarget('rds-promote by a DNS name, against the model of RDS and the zones of moto,', async () => {
  const both = await openBoth()
  return pointedFixture(
    both.ground,
    records(both.url, both.ground.model.region),
    /^<.*<ChangeResourceRecordSetsRequest/s,
  )
})
describeTarget('rds-promote by a proxy, against the model of RDS,', async () => {
  const opened = await open()
  return pointedFixture(opened, proxies(opened.model.region), /^Action=RegisterDBProxyTargets&/)
})
