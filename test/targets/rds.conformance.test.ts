import { afterAll } from 'vitest'
import { describeTarget } from '../support/conformance-suite.ts'
import { rdsFixture } from './rds-fixture.ts'
import { openRdsGround, type RdsGround } from './rds-ground.ts'

let ground: Promise<RdsGround> | undefined
const open = () => (ground ??= openRdsGround())
afterAll(async () => (await ground)?.close())

for (const kind of ['rds-snapshot', 'rds-restore', 'rds-promote'] as const)
  describeTarget(`${kind}, against the model of RDS,`, async () => rdsFixture(kind, await open()))
