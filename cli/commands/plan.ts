import { connect } from '../client.ts'
import { type Planned, postPlan, type RollbackRequest } from '../calls.ts'
import type { ApiOptions, Format } from '../define/options.ts'
import { EXIT } from '../exit.ts'
import { put } from '../output.ts'
import { planLines } from '../render/plan.ts'
import { type AskedOptions, requestOf } from '../request.ts'
import { terminal } from '../terminal.ts'

export type PlanOptions = AskedOptions & ApiOptions & { output?: Format }

/** `unwind plan`: what a rollback would do, by the API's dry run. */
export async function plan(workload: string | undefined, options: PlanOptions): Promise<number> {
  // A plan is not kept, so a reason is welcome but not demanded.
  return showPlan(await requestOf(workload, options, 'planned only'), workload, options)
}

/** Plans a request, prints it, and says how to carry it out. */
export async function showPlan(
  request: RollbackRequest,
  workload: string | undefined,
  options: PlanOptions,
): Promise<number> {
  const client = await connect(options)
  const planned = await postPlan(client, request)
  const { service = `runbook ${String(request['runbook'])}` } = request
  const shown = { service: String(service), environment: String(request['environment']), ...planned }
  const out = terminal()
  if (options.output === 'markdown') {
    const { planMarkdown } = await import('../../model/report/plan.ts')
    out.print(planMarkdown(planned, shown).trimEnd())
  } else await put(out, options.output, planned, () => planLines(shown, process.stdout.columns))
  const moves = planned.steps.some(({ plan }) => plan && plan.changes.length > 0)
  if (!options.output && moves)
    out.say(`\nNothing was changed. Carry it out:\n  ${startCommand(workload, options, planned)}`)
  const asking = planned.decision?.asking
  if (!options.output && asking)
    out.say(`\nSee where an answer leads with --answer ${asking.id}=yes or --answer ${asking.id}=no.`)
  return EXIT.ok
}

/** The same request as a start. What has to be accepted is not put in: that is for whoever has read it. */
function startCommand(workload: string | undefined, options: PlanOptions, { steps }: Planned): string {
  const { file, namespace, cluster, service, environment, to, soak, incident, resume, accept = [], reason } = options
  const { runbook, param = {}, answer = {} } = options
  const given = {
    file,
    runbook,
    namespace,
    cluster,
    service,
    environment,
    to,
    soak,
    incident,
    accept: accept.join(','),
  }
  const words = Object.entries(given).flatMap(([name, value]) => (value ? [`--${name}`, quoted(value)] : []))
  const pairs = [...pairsOf('param', param), ...pairsOf('answer', answer)]
  const why = reason ? ['--reason', quoted(reason)] : file ? [] : ['--reason', '"…"']
  const asks = steps
    .flatMap(({ plan }) => plan?.warnings ?? [])
    .filter(({ confirm, code }) => confirm && !accept.includes(code))
  const codes = [...new Set(asks.map(({ code }) => code))]
  const command = [
    'unwind start',
    ...(workload ? [workload] : []),
    ...words,
    ...pairs,
    ...(resume ? ['--resume'] : []),
    ...why,
  ]
  const hint =
    codes.length > 0 ? `\n  It will ask for approval; --accept ${codes.join(',')} says that it is known.` : ''
  return `${command.join(' ')}${hint}`
}

function pairsOf(option: string, pairs: Readonly<Record<string, string>>): string[] {
  return Object.entries(pairs).flatMap(([name, value]) => [`--${option}`, quoted(`${name}=${value}`)])
}

/** A word as a POSIX shell reads it back. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
