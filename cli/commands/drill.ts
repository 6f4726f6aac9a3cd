import { readable } from '../../model/duration.ts'
import { connect } from '../client.ts'
import type { ApiOptions, Format } from '../define/options.ts'
import { abortDrills, type DrillOf, getDrills, postDrill, putSchedule } from '../drills.ts'
import { EXIT, usage } from '../exit.ts'
import { put } from '../output.ts'
import { environmentOf, placeOf } from '../place.ts'
import { drillLines } from '../render/drills.ts'
import { terminal } from '../terminal.ts'

interface ListOptions extends ApiOptions {
  output?: Format
}

interface DrillOptions extends ListOptions {
  procedure?: string
  param?: Record<string, string>
  reason?: string
}

interface StopOptions extends ListOptions {
  reason: string
}

interface ScheduleOptions extends DrillOptions {
  runbook?: string
  every?: string
  off?: true
}

/** `unwind drill start`: drills a runbook now. The drill goes on without this command. */
export async function start(runbook: string, { output, ...options }: DrillOptions): Promise<number> {
  const client = await connect(options)
  const environment = await environmentOf(options.environment)
  const started = await postDrill(client, { ...drillOf(runbook, options), environment })
  const { service, runId } = started
  const out = terminal()
  if (output) await put(out, output, started, () => [])
  else
    out.say(
      `Started a drill of ${service} in ${environment}, run ${runId}. See \`unwind drill list ${environment}/${service}\`.`,
    )
  return EXIT.ok
}

/** `unwind drill list`: how the drills of a service ended; exit code 3 where none has passed for too long. */
export async function list(service: string, { output, ...options }: ListOptions): Promise<number> {
  const client = await connect(options)
  const drills = await getDrills(client, await placeOf(service, options.environment))
  await put(terminal(), output, drills, () => drillLines(drills, Date.now()))
  return drills.overdue ? EXIT.refused : EXIT.ok
}

/** `unwind drill stop`: ends what runs now; the drill still takes away what it has made. */
export async function stop(service: string, { output, reason, ...options }: StopOptions): Promise<number> {
  const client = await connect(options)
  const place = await placeOf(service, options.environment)
  const ended = await abortDrills(client, place, reason)
  const runs = ended.stopped.map(({ runId }) => runId).join(', ')
  const out = terminal()
  const name = `${place.service} in ${place.environment}`
  if (output) await put(out, output, ended, () => [])
  else out.say(`Stops the drill of ${name}, run ${runs}; it takes away what it has made.`)
  return EXIT.ok
}

/** `unwind drill schedule`: drills a service from time to time, or with `--off` no more. */
export async function schedule(service: string, { output, ...options }: ScheduleOptions): Promise<number> {
  const { off, every = '7d' } = options
  const others = (['runbook', 'procedure', 'every', 'param', 'reason'] as const).find((key) => options[key])
  if (off && others) throw usage(`--off ends the schedule; leave --${others} out`)
  const client = await connect(options)
  const place = await placeOf(service, options.environment)
  const wanted = { ...drillOf(options.runbook ?? place.service, options), every }
  const drills = await putSchedule(client, place, off ? undefined : wanted)
  const out = terminal()
  const name = `${place.service} in ${place.environment}`
  if (output) await put(out, output, drills, () => [])
  else if (off) out.say(`No drill of ${name} is scheduled any more.`)
  else out.say(`${name} is drilled every ${readable(drills.schedule?.every ?? 0)}.`)
  return EXIT.ok
}

function drillOf(runbook: string, { procedure, param, reason }: DrillOptions): DrillOf {
  return { runbook, ...(procedure && { procedure }), ...(param && { parameters: param }), ...(reason && { reason }) }
}
