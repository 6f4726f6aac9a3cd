import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client, Connection } from '@temporalio/client'
import { loadConfiguration } from '../../../config/load.ts'
import type { Configuration } from '../../../model/configuration.ts'
import { type RunningProcess, startProcess } from '../../../tools/process.ts'
import { startTemporal } from '../../../tools/temporal/server.ts'
import { SECRETS, type Vendor, vendors } from '../../notify/vendors.ts'
import { workflowBundle } from '../../support/bundle.ts'
import { publicKey } from '../../support/engine.ts'
import type { PartCall } from '../crash/part.ts'

/** A Temporal, and what runs of a proof are told through. */
export interface Ground {
  client: Client
  /** Channels with doubles of their own, and a worker that tells through them. */
  lane(name: string, kinds: readonly string[]): Promise<Lane>
  close(): Promise<void>
}

export interface Lane {
  client: Client
  configuration: Configuration
  taskQueue: string
  vendors: Map<string, Vendor>
  worker: RunningProcess
}

/** Starts a Temporal, or takes the one at this address. */
export async function openGround(given?: string): Promise<Ground> {
  for (const [name, value] of Object.entries(SECRETS)) process.env[name] = value
  const closing: (() => Promise<unknown>)[] = []
  const close = async () => {
    for (const end of closing.splice(0).reverse()) await end()
  }
  try {
    const folder = await mkdtemp(join(tmpdir(), 'unwind-messages-'))
    closing.push(() => rm(folder, { recursive: true, force: true }))
    const temporal = given === undefined ? await startTemporal({ ui: false }) : undefined
    if (temporal) closing.push(() => temporal.stop())
    const address = given ?? temporal?.address ?? ''
    const connection = await Connection.connect({ address })
    closing.push(() => connection.close())
    await writeFile(join(folder, 'verify.pem'), publicKey.export({ type: 'spki', format: 'pem' }))
    const bundle = join(folder, 'bundle.js')
    await writeFile(bundle, (await workflowBundle()).code)
    const client = new Client({ connection })
    const place = { folder, bundle, address }
    return { client, close, lane: (name, kinds) => openLane(name, kinds, { client, closing, ...place }) }
  } catch (error) {
    await close()
    throw error
  }
}

interface Place {
  client: Client
  closing: (() => Promise<unknown>)[]
  folder: string
  bundle: string
  address: string
}

async function openLane(name: string, kinds: readonly string[], place: Place): Promise<Lane> {
  const { client, closing, folder, bundle, address } = place
  const opened = new Map<string, Vendor>()
  for (const [index, kind] of kinds.entries()) {
    const vendor = await vendors[kind as keyof typeof vendors]()
    closing.push(() => vendor.double.close())
    opened.set(kinds.indexOf(kind) === index ? kind : `${kind}-${index}`, vendor)
  }
  const config = join(folder, `${name}.yaml`)
  await writeFile(config, JSON.stringify(written(name, opened)))
  const call: PartCall = { part: 'worker', config, bundle, cache: true }
  const worker = await startProcess({
    name: `worker-${name}`,
    command: process.execPath,
    args: ['--import', 'tsx', fileURLToPath(new URL('../crash/part.ts', import.meta.url)), JSON.stringify(call)],
    env: { TEMPORAL_ADDRESS: address, TEMPORAL_CONFIG_FILE: join(folder, 'no-profile.toml') },
    cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    folder: { path: folder, temporary: false },
    ready: async () => true,
    within: 60_000,
    grace: 2_000,
  })
  closing.push(() => worker.stop())
  const { configuration } = await loadConfiguration(config)
  return { client, configuration, taskQueue: name, vendors: opened, worker }
}

function written(taskQueue: string, opened: Map<string, Vendor>): object {
  const entries = [...opened]
  return {
    ...{ apiVersion: 'unwind/v1', kind: 'Configuration', environments: { test: {} }, connections: {} },
    temporal: { taskQueue },
    channels: Object.fromEntries(
      entries.map(([name, { settings }]) => [name, { kind: name.replace(/-\d+$/, ''), ...settings }]),
    ),
    worker: {
      verifyKeys: ['verify.pem'],
      channels: Object.fromEntries(entries.map(([name, { credentials }]) => [name, credentials])),
    },
  }
}
