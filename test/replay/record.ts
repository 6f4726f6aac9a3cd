import { mkdir, writeFile } from 'node:fs/promises'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import { DefaultLogger, Runtime } from '@temporalio/worker'
import { startTemporal } from '../../tools/temporal/server.ts'
import { bundleWorkflows } from '../../worker/bundle.ts'
import { Engine } from '../support/engine.ts'
import { keepBundle } from './bundle.ts'
import { paths as inlinePaths } from './paths.ts'
import { runbookPaths } from './runbook-paths.ts'
import { servicePaths } from './service-paths.ts'

/**
 * Records one history of every path through the workflows, for the version of this package: `tsx test/replay/record.ts`.
 * With names after it, of those paths only. `bundle` keeps the workflow code instead, from which later ones take over.
 */
const VERSION = '0.1.0'
const paths = { ...inlinePaths, ...runbookPaths, ...servicePaths }
const asked = process.argv.slice(2)
if (asked[0] === 'bundle') {
  await keepBundle(VERSION, await bundleWorkflows())
  process.exit()
}
const unknown = asked.filter((name) => !Object.hasOwn(paths, name))
if (unknown.length > 0)
  throw new Error(`there is no path ${unknown.join(', ')}; there is: ${Object.keys(paths).join(', ')}`)
const chosen = Object.entries(paths).filter(([name]) => asked.length === 0 || asked.includes(name))
const folder = new URL(`./histories/${VERSION}/`, import.meta.url)
Runtime.install({ logger: new DefaultLogger('WARN') })
const temporal = await startTemporal({ ui: false })
try {
  await mkdir(folder, { recursive: true })
  for (const [name, path] of chosen) {
    const engine = await Engine.start({ temporalAddress: temporal.address, ...path.options })
    const { workflowId, runId } = await path.walk(engine)
    const history = await engine.client.workflow.getHandle(workflowId, runId).fetchHistory()
    await engine.stop()
    await writeFile(new URL(`${name}.json`, folder), `${withoutPlaces(historyToJSON(history))}\n`)
    console.log(name)
  }
} finally {
  await temporal.stop()
}

/** Stack traces and identities name folders and machines, and replay reads neither. */
function withoutPlaces(json: string): string {
  const clean = (key: string, value: unknown) => {
    if (key === 'stackTrace') return ''
    return key === 'identity' || key === 'workerDeploymentName' ? 'worker' : value
  }
  return JSON.stringify(JSON.parse(json, clean), null, 1)
}
