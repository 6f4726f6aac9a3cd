import { type Rollout, rolloutOf, workloadsOf } from '../kubernetes.ts'
import { sentence } from '../parts.ts'
import type { Measured, Part, Surroundings } from '../playbook.ts'
import { comment, identifier, plain, quote, quoteTemplate } from '../quote.ts'
import type { PreludeName } from './prelude.ts'
import { written as asText } from '../../written.ts'

/** The lines of a script so far, and what they need. */
export interface Script {
  surroundings: Surroundings
  /** Functions that the procedures call. */
  functions: string[]
  uses: Set<PreludeName>
  /** The variable that holds the context of each cluster. */
  clusters: Map<string, string>
  /** What could not be said as a command. */
  remarks: string[]
  /** Names of functions that are taken. */
  names: Set<string>
}

/** A text of the runbook as one shell word. */
export function word(text: string): string {
  return quoteTemplate(text, (parameter) => `parameter_${parameter}`)
}

/** A text of the runbook that people read, as one shell word. */
export function said(text: string): string {
  return word(plain(text))
}

/** The words that select a cluster: what an argument of the script gives, or nothing. */
export function contextWords(script: Script, cluster: string | undefined): string[] {
  if (cluster === undefined) return []
  const variable = script.clusters.get(cluster) ?? named(script, 'context', cluster)
  script.clusters.set(cluster, variable)
  return [`\${${variable}:+"--context=$${variable}"}`]
}

/** A name that no other function or variable of the script has. */
export function named(script: Script, prefix: string, id: string): string {
  const wanted = `${prefix}_${identifier(id)}`
  let name = wanted
  for (let count = 2; script.names.has(name); count++) name = `${wanted}_${count}`
  script.names.add(name)
  return name
}

/** Lines of a procedure that carry the part out; the functions that they call are added to the script. */
export function partLines(script: Script, part: Part, procedure: readonly Part[]): string[] {
  const lines = bodyOf(script, part, procedure)
  const together =
    part.group === undefined ? [] : comment('Unwind carries this out at the same time as its neighbours.')
  if (part.when === undefined) return [...together, ...lines]
  script.uses.add('ask')
  return [
    ...together,
    `if ask ${said(`Does this hold: ${part.when}`)}; then`,
    ...lines.map((line) => `  ${line}`),
    'fi',
  ]
}

function bodyOf(script: Script, part: Part, procedure: readonly Part[]): string[] {
  const { kind, fields, title } = part
  const text = typeof fields['text'] === 'string' ? fields['text'] : title
  const rollouts = workloadsOf(part)
  if (rollouts.length > 0) return rollouts.flatMap((one) => rolloutLines(script, one))
  if (kind === 'check') return checkLines(script, part, procedure)
  if (kind === 'wait') return waitLines(script, part)
  if (kind === 'notify') return [`note ${said(title)}`]
  if (kind === 'approve') return [confirm(script, `Approved, as the runbook asks (${approval(fields)}): ${text}`)]
  if (kind === 'manual') return [confirm(script, `Done: ${text}`)]
  if (kind === 'runbook')
    return [confirm(script, `Carried out by its own script: runbook ${String(fields['runbook'])}`)]
  script.remarks.push(
    `${part.id}: there is no command for a step of kind ${kind}; the script asks for it to be done by hand`,
  )
  return [confirm(script, `Done by hand: ${kind} ${written(fields)}`)]
}

function rolloutLines(script: Script, part: Part): string[] {
  const context = (cluster: string | undefined) => contextWords(script, cluster)
  const number = named(script, 'revision', part.id)
  const wording = { word, context, revision: `"$${number}"` }
  const { apply, choose, verify } = rolloutOf(part, script.surroundings.exact?.[part.id], wording)
  script.uses.add('run').add('step')
  if (part.fields['namespace'] === undefined)
    script.remarks.push(`${part.id}: no namespace is known; kubectl takes that of its context`)
  const commands = apply.map((words) => {
    const command = words.join(' ')
    return command.startsWith('revision=') ? `${number}=${command.slice(9)} && [ -n "$${number}" ]` : `run ${command}`
  })
  const name = named(script, 'apply', part.id)
  const proof = named(script, 'verify', part.id)
  script.functions.push(...body(name, commands), ...body(proof, [`run ${verify.join(' ')}`]))
  const chosen = choose ? [chooseCall(script, part, choose, number)] : []
  return [...chosen, stepCall(part, part.title, name), stepCall(part, `${part.title}: complete`, proof)]
}

/** A step of its own, so that trying the change again does not choose again. */
function chooseCall(
  script: Script,
  part: Part,
  { wanted, name, list, columns }: NonNullable<Rollout['choose']>,
  number: string,
): string {
  script.uses.add('choose')
  const own = named(script, 'choose', part.id)
  script.functions.push(
    ...body(own, [`choose ${wanted} ${name} ${list.join(' ')} -o ${columns}`, `${number}=$revision`]),
  )
  return stepCall({ ...part, optional: false }, `${part.title}: which revision`, own)
}

function checkLines(script: Script, part: Part, procedure: readonly Part[]): string[] {
  const { every, within, consecutive, warmUp, measurements } = part.check ?? NO_SERIES
  const commands = measurements.map((one) => ({ one, command: measure(script, one, procedure) }))
  const automatic = commands.flatMap(({ command }) => command ?? [])
  const byHand = commands.filter(({ command }) => command === undefined)
  const lines: string[] = []
  if (automatic.length > 0) {
    script.uses.add('holds').add('step')
    const [look, name] = [named(script, 'look', part.id), named(script, 'check', part.id)]
    const wait = warmUp > 0 ? [`run sleep ${seconds(warmUp)}`] : []
    if (warmUp > 0) script.uses.add('run')
    const holds = `holds ${look} ${seconds(every)} ${seconds(within)} ${consecutive}`
    script.functions.push(...body(look, automatic), ...body(name, [...wait, holds]))
    lines.push(stepCall(part, part.title, name))
  }
  for (const { one } of byHand) lines.push(confirm(script, `Looked at, and it holds: ${sentence(one)}`))
  return lines
}

const NO_SERIES = { every: 15_000, within: 300_000, consecutive: 1, warmUp: 0, measurements: [] as Measured[] }

/** One measurement as a command; undefined where only a person can look. */
function measure(script: Script, { kind, fields }: Measured, procedure: readonly Part[]): string | undefined {
  if (kind === 'pods' && fields['pods'] === 'healthy') {
    const measured = procedure.find(({ id }) => id === fields['of'])
    if (measured?.kind !== 'kubernetes') return undefined
    const context = (cluster: string | undefined) => contextWords(script, cluster)
    script.uses.add('run')
    return `run ${rolloutOf({ ...measured, timeout: 5_000 }, undefined, { word, context, revision: '' }).verify.join(' ')}`
  }
  if (kind !== 'http') return undefined
  const origin = script.surroundings.connections?.[String(fields['http'])]?.origin
  if (origin === undefined) {
    script.remarks.push(`the address of the connection ${String(fields['http'])} is not known; a person looks at it`)
    return undefined
  }
  script.uses.add('http')
  const { path = '/', status = 200, contains = '', timeout = '5s', below } = fields
  const url = word(`${origin}${String(path)}`)
  const statuses = quote([status].flat().join(' '))
  const least = typeof below === 'string' ? limit(below) : "''"
  return `http ${url} ${statuses} ${contains === '' ? "''" : word(String(contains))} ${limit(String(timeout))} ${least}`
}

function waitLines(script: Script, part: Part): string[] {
  script.uses.add('run')
  return [`run sleep ${limit(String(part.fields['for']))}`]
}

/** A duration in seconds, as `curl` and `sleep` take it; one that a parameter gives is left to a person's eye. */
function limit(duration: string): string {
  const found = /^(\d{1,6})(ms|s|m|h|d)$/.exec(duration)
  const unit = { ms: 0.001, s: 1, m: 60, h: 3_600, d: 86_400 }[found?.[2] ?? '']
  return found && unit !== undefined ? String(Math.round(Number(found[1]) * unit * 1_000) / 1_000) : '5'
}

function seconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1_000))
}

function stepCall({ optional }: Part, title: string, name: string): string {
  return `step ${optional ? 'yes' : 'no'} ${said(title)} ${name}`
}

function confirm(script: Script, text: string): string {
  script.uses.add('ask')
  return `ask ${said(text)} || stop ${said(`No: ${text}`)}`
}

function body(name: string, commands: readonly string[]): string[] {
  return [`${name}() {`, ...commands.map((one, at) => `  ${one}${at < commands.length - 1 ? ' &&' : ''}`), '}', '']
}

function approval({ min, groups }: Readonly<Record<string, unknown>>): string {
  const of = Array.isArray(groups) && groups.length > 0 ? ` of ${groups.join(', ')}` : ''
  return `${asText(min, '1')}${of}`
}

function written(fields: Readonly<Record<string, unknown>>): string {
  const own = Object.entries(fields).filter(([key]) => key !== 'kind')
  return own.map(([key, value]) => `${key} ${asText(value)}`).join(', ')
}
