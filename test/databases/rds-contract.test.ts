import { afterAll, describe, expect, test } from 'vitest'
import { type MotoServer, startMoto } from '../../tools/moto/server.ts'
import { CLUSTER_RULES } from '../rds-model/contract/cluster-rules.ts'
import { RULES } from '../rds-model/contract/rules.ts'
import { accountSubject, type ContractSubject, modelSubject, motoSubject } from '../rds-model/contract/subject.ts'
import { type RdsModel, startRdsModel } from '../rds-model/server.ts'

const QUICK = { restore: 60, lag: 20, rename: 40, modify: 20, reboot: 20, snapshot: 60, remove: 20, logs: 20 }
/** Of a real account: everything there takes minutes. */
const HOURS = 3 * 60 * 60_000

const ALL = [...RULES, ...CLUSTER_RULES]

let model: Promise<{ server: RdsModel; subject: ContractSubject }> | undefined
let moto: Promise<{ server: MotoServer; subject: ContractSubject }> | undefined
const account = accountSubject(process.env)
afterAll(async () => {
  await (await model)?.server.stop()
  await (await moto)?.server.stop()
  await account?.close()
}, HOURS)

async function openModel() {
  const server = await startRdsModel({ durations: QUICK })
  server.region.quota = 1_000
  return { server, subject: modelSubject(server) }
}

async function openMoto() {
  const server = await startMoto()
  return { server, subject: motoSubject(server.url) }
}

const ofModel = async () => (await (model ??= openModel())).subject
const ofMoto = async () => (await (moto ??= openMoto())).subject

describe('the model of RDS does what AWS says', () => {
  for (const { name, source, run } of ALL) test(`${name} (${source})`, async () => run(await ofModel()))
})

describe('moto does what AWS says, but for the differences that are named', () => {
  for (const { name, run, moto: differs } of ALL)
    if (differs === undefined) test(name, async () => run(await ofMoto()))
    // A difference that is one no more has to be taken off the list.
    else test(`differs: ${name}: ${differs}`, async () => expect(run(await ofMoto())).rejects.toThrow())
})

// Without an account there is nothing to run, and no test is said to be skipped.
if (account)
  describe('an account of AWS does what it says', () => {
    for (const { name, source, run } of ALL) test(`${name} (${source})`, () => run(account), HOURS)
  })
