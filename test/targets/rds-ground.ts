import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RdsModel, startRdsModel } from '../rds-model/server.ts'

/** A model of RDS whose things take milliseconds, and two accounts of it: one that may do all, and one that may only read. */
export interface RdsGround {
  model: RdsModel
  /** What a worker is told to open a connection with. */
  credentials(profile?: 'writer' | 'reader', endpoint?: string): Record<string, unknown>
  close(): Promise<void>
}

const QUICK = { restore: 150, lag: 20, rename: 60, modify: 30, reboot: 30, snapshot: 60, remove: 30, logs: 100 }
const READER = 'AKIAREADER0000000000'

export async function openRdsGround(): Promise<RdsGround> {
  const model = await startRdsModel({ durations: QUICK })
  const folder = await mkdtemp(join(tmpdir(), 'unwind-aws-'))
  const file = join(folder, 'credentials')
  const profile = (name: string, id: string) =>
    `[${name}]\naws_access_key_id=${id}\naws_secret_access_key=not-a-secret\n`
  await writeFile(file, profile('writer', 'AKIAWRITER0000000000') + profile('reader', READER))
  process.env['AWS_SHARED_CREDENTIALS_FILE'] = file
  model.meddle = (action, _form, key) => (key === READER && !/^(?:Describe|List)/.test(action) ? 'denied' : undefined)
  model.region.quota = 1_000
  const { name: region, account } = model.region
  return {
    model,
    credentials: (of = 'writer', endpoint = model.url) => ({
      profile: of,
      pin: { region, account, endpoint, poll: '20ms' },
    }),
    close: async () => {
      await model.stop()
      await rm(folder, { recursive: true })
    },
  }
}
