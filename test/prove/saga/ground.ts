import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, Connection } from '@temporalio/client'
import { startTemporal } from '../../../tools/temporal/server.ts'
import { workflowBundle } from '../../support/bundle.ts'
import { type AtEnd, type Lane, openLane, type Place } from './lane.ts'

/** A Temporal, and places where sagas are played, each with a worker of its own. */
export interface Ground {
  client: Client
  lanes: Lane[]
}

/** Starts it all; tells what has to be called to end it, the last one first. */
export async function openGround(
  lanes: number,
  speed: Pick<Place, 'durations' | 'poll'>,
  atEnd: AtEnd,
): Promise<Ground> {
  const folder = await mkdtemp(join(tmpdir(), 'unwind-saga-'))
  atEnd(() => rm(folder, { recursive: true, force: true }))
  const temporal = await startTemporal({ ui: false })
  atEnd(() => temporal.stop())
  const connection = await Connection.connect({ address: temporal.address })
  atEnd(() => connection.close())
  const bundle = join(folder, 'bundle.js')
  await writeFile(bundle, (await workflowBundle()).code)
  const place = { folder, temporal: temporal.address, bundle, ...speed }
  const opened = await Promise.all(
    Array.from({ length: lanes }, (_, index) => openLane(place, `lane-${index + 1}`, atEnd)),
  )
  return { client: new Client({ connection }), lanes: opened }
}
