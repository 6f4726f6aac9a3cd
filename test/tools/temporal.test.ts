import { join } from 'node:path'
import { Client, Connection } from '@temporalio/client'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startTemporal, searchAttributes, type TemporalOptions } from '../../tools/temporal/server.ts'
import { until } from '../../tools/wait.ts'
import { listeningPorts } from './listening.ts'
import { scratch } from './scratch.ts'

async function started(options: TemporalOptions = {}) {
  const temporal = await startTemporal(options)
  onTestFinished(() => temporal.stop())
  return temporal
}

async function connect(address: string, namespace = 'default'): Promise<Client> {
  const connection = await Connection.connect({ address })
  onTestFinished(() => connection.close())
  return new Client({ connection, namespace })
}

function start(client: Client, workflowId: string) {
  return client.workflow.start('none', { workflowId, taskQueue: 'nobody' })
}

test('killed -9 and restarted on its file, it still has the workflow that it had acknowledged', async () => {
  const temporal = await started()
  const { runId } = (await (await start(await connect(temporal.address), 'kept')).describe()) ?? {}
  const { address, pid } = temporal
  await temporal.kill()
  await temporal.restart()
  expect(temporal.address).toBe(address)
  expect(temporal.pid).not.toBe(pid)
  const found = await (await connect(temporal.address)).workflow.getHandle('kept').describe()
  expect([found.runId, found.status.name]).toEqual([runId, 'RUNNING'])
})

test('a file that was given outlives the server', async () => {
  const stateDir = await scratch()
  const dbFilename = join(await scratch(), 'my.db')
  const first = await startTemporal({ dbFilename, stateDir, ui: false })
  await start(await connect(first.address), 'kept')
  await first.stop()
  const second = await started({ dbFilename, stateDir, ui: false })
  expect((await (await connect(second.address)).workflow.getHandle('kept').describe()).status.name).toBe('RUNNING')
})

test('its search attributes are there, and so are those and the namespace that were asked for', async () => {
  const temporal = await started({ namespace: 'extra', searchAttributes: ['MyOwn'], ui: false })
  const client = await connect(temporal.address, 'extra')
  const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace: 'extra' })
  expect(Object.keys(customAttributes ?? {})).toEqual(expect.arrayContaining([...searchAttributes, 'MyOwn']))
  await client.workflow.start('none', {
    workflowId: 'found',
    taskQueue: 'nobody',
    searchAttributes: { UnwindService: ['checkout'] },
  })
  const query = "UnwindService = 'checkout'"
  await until('it to be listed', async () => (await client.workflow.count(query)).count === 1, { within: 10_000 })
})

test('the UI answers, and nothing listens beyond loopback', async () => {
  const temporal = await started()
  expect((await fetch(temporal.uiUrl)).status).toBe(200)
  const listening = await listeningPorts(join(temporal.log, '..'))
  expect(listening.map(({ port }) => port)).toContain(temporal.port)
  expect(listening.filter(({ address }) => address !== '127.0.0.1')).toEqual([])
})

describe('limits', () => {
  test('two hundred starts and lists at once are all served', async () => {
    const temporal = await started({ ui: false })
    const client = await connect(temporal.address)
    const names = Array.from({ length: 200 }, (_, index) => `w-${index}`)
    await Promise.all(names.map((name) => start(client, name)))
    await Promise.all(names.map((name) => client.workflow.count(`WorkflowId = '${name}'`)))
    await until('all to be listed', async () => (await client.workflow.count()).count === 200, { within: 20_000 })
  })

  test('two servers at once do not collide', async () => {
    const [one, other] = await Promise.all([started({ ui: false }), started({ ui: false })])
    await start(await connect(one.address), 'only-here')
    expect((await (await connect(other.address)).workflow.count()).count).toBe(0)
  })
})
