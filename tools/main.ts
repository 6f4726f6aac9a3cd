import { catalogue, type ToolName } from './catalogue.ts'
import { say } from './find/progress.ts'
import { findBinaries, findBinary } from './find.ts'
import { startCluster } from './kubernetes/cluster.ts'
import { startTemporal } from './temporal/server.ts'

const usage = `usage: tools/main.ts build    get every server into the cache (minutes the first time)
       tools/main.ts up       run Temporal and a Kubernetes control plane until Ctrl-C`

const every = Object.keys(catalogue) as ToolName[]

/** Gets every server and prints where each is. */
async function build(): Promise<void> {
  for (const name of every) console.log(`${name}\t${await findBinary(name)}`)
}

/** Runs the servers until this process is asked to end. */
async function up(): Promise<void> {
  const asked = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  await findBinaries(every)
  const temporal = await startTemporal()
  const cluster = await startCluster()
  console.log(`Temporal    ${temporal.address}`)
  console.log(`Temporal UI ${temporal.uiUrl}`)
  console.log(`Kubernetes  ${cluster.server}`)
  console.log(`KUBECONFIG=${cluster.kubeconfig}`)
  say('Ctrl-C ends them.')
  // Child processes do not keep this one alive; this does.
  const alive = setInterval(() => {}, 60_000)
  await asked
  clearInterval(alive)
  await Promise.all([temporal.stop(), cluster.stop()])
}

const command = { build, up }[process.argv[2] ?? '']
try {
  if (command) await command()
  else throw new Error(usage)
} catch (error) {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) say(cause.message)
  process.exitCode = 1
}
