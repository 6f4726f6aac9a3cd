import type { Branch, ChecklistItem } from '../../../model/runbook/compiled.ts'
import type { Playbook, Surroundings } from '../playbook.ts'
import { comment, quote, quoted } from '../quote.ts'
import { contextWords, named, partLines, type Script, said } from './parts.ts'
import { prelude } from './prelude.ts'

/**
 * The runbook as a POSIX shell script for the day when Unwind itself can't be reached: the exact commands and checks, in
 * their order, and every question to a person as a prompt. Ends 0 when all is done, 2 on wrong arguments, 3 when a person
 * stopped it. No text of the runbook is ever more than one word to the shell.
 */
export function scriptOf(playbook: Playbook, surroundings: Surroundings): { text: string; remarks: string[] } {
  const script: Script = {
    ...{ surroundings, functions: [], uses: new Set(['note'] as const), clusters: new Map() },
    ...{ remarks: [], names: new Set() },
  }
  const procedures = new Map(playbook.procedures.map(({ name }) => [name, named(script, 'procedure', name)]))
  const questions = new Map(playbook.questions.map(({ id }) => [id, named(script, 'question', id)]))
  const flows = [
    ...playbook.procedures.flatMap(({ name, parts }) => {
      const lines = parts.flatMap((part) => partLines(script, part, parts))
      return [`${procedures.get(name)}() {`, ...indented(lines), '}', '']
    }),
    ...playbook.questions.flatMap((question) => {
      const goes = (branch: Branch) => indented(branchLines(branch, questions, procedures))
      const asked = `if ask ${said(question.question)}; then`
      const lines = [asked, ...goes(question.onYes), 'else', ...goes(question.onNo), 'fi']
      script.uses.add('ask')
      return [`${questions.get(question.id)}() {`, ...indented(lines), '}', '']
    }),
  ]
  const main = mainLines(playbook, script, [...questions.values()][0] ?? [...procedures.values()][0])
  const pins = pinLines(script)
  const lines = [
    ...headOf(playbook, script),
    ...argumentLines(playbook, script),
    ...stopLines(playbook),
    ...prelude(script.uses),
    ...script.functions,
    ...flows,
    ...pins,
    ...main,
  ]
  return { text: `${lines.join('\n')}\n`, remarks: [...new Set(script.remarks)] }
}

function headOf(playbook: Playbook, script: Script): string[] {
  const { name, service, environment, revision, owner, description } = playbook
  const place = environment === undefined ? '' : ` in ${environment}`
  return [
    '#!/bin/sh',
    ...comment(
      `Break-glass script of the runbook ${name}: takes ${service}${place} back by hand, for when Unwind can't be reached.`,
    ),
    ...(revision === undefined ? [] : comment(`Revision of the runbook: ${revision}`)),
    ...(owner === undefined ? [] : comment(`Owner: ${owner}`)),
    ...(description === undefined ? [] : comment(description)),
    ...comment(`Usage: sh ${name}.sh [--dry-run] ${usage(playbook, script)}`.trimEnd()),
    ...comment('Keep what it prints: it belongs into the report. Exit: 0 done, 2 wrong arguments, 3 stopped.'),
    ...script.remarks.flatMap((remark) => comment(`Note: ${remark}.`)),
    ...comment('Texts of the runbook stand in single quotes so that nothing in them is carried out.'),
    '# shellcheck disable=SC2016,SC1003',
    'set -eu',
    '',
  ]
}

function usage({ parameters }: Playbook, { clusters }: Script): string {
  const named = parameters.map(({ name, default: value }) => (value === undefined ? `${name}=…` : `[${name}=…]`))
  return [...named, ...[...clusters.keys()].map((cluster) => `[context.${cluster}=<kubectl context>]`)].join(' ')
}

function argumentLines(playbook: Playbook, script: Script): string[] {
  const { parameters } = playbook
  const clusters = [...script.clusters]
  const defaults = [
    ...parameters.map(
      ({ name, default: value }) => `parameter_${name}=${value === undefined ? "''" : quoted(String(value))}`,
    ),
    ...clusters.map(([, variable]) => `${variable}=''`),
  ]
  const cases = [
    ...parameters.map(({ name }) => `    ${name}=*) parameter_${name}=\${argument#*=} ;;`),
    ...clusters.map(([cluster, variable]) => `    ${quote(`context.${cluster}=`)}*) ${variable}=\${argument#*=} ;;`),
  ]
  const wrong = `Unknown argument. Usage: [--dry-run] ${usage(playbook, script)}`
  const required = parameters.filter(({ default: value }) => value === undefined)
  return [
    "dry_run=''",
    ...defaults,
    'for argument do',
    '  case $argument in',
    '    --dry-run) dry_run=yes ;;',
    ...cases,
    `    *) printf '%s: %s\\n' "$argument" ${quote(wrong)} >&2 && exit 2 ;;`,
    '  esac',
    'done',
    ...required.map(
      ({ name }) => `[ -n "$parameter_${name}" ] || { printf '%s\\n' ${quote(`Say ${name}=…`)} >&2 && exit 2; }`,
    ),
    '',
  ]
}

function stopLines({ contacts }: Playbook): string[] {
  const people = Object.entries(contacts).map(([role, who]) => `${role}: ${who}`)
  const calls = people.length > 0 ? [`  printf '%s\\n' ${said(people.join(', '))} >&2`] : []
  return [
    '# Ends the script; what was done stays done.',
    'stop() {',
    `  printf '%s\\n' "$1" >&2`,
    ...calls,
    '  exit 3',
    '}',
    '',
  ]
}

function branchLines(branch: Branch, questions: Map<string, string>, procedures: Map<string, string>): string[] {
  if ('stop' in branch) return [`stop ${said(branch.stop)}`]
  const name = 'ask' in branch ? questions.get(branch.ask) : procedures.get(branch.run)
  return [name ?? `stop ${said('The runbook leads nowhere here.')}`]
}

/** Each cluster must be the one that is meant, before anything is changed. */
function pinLines(script: Script): string[] {
  const { clusters, surroundings, uses } = script
  const pinned = [...clusters.keys()].flatMap((cluster) => {
    const server = surroundings.connections?.[cluster]?.server
    return server === undefined
      ? []
      : [['pinned', quote(server), 'kubectl', ...contextWords(script, cluster)].join(' ')]
  })
  if (pinned.length > 0) uses.add('pinned')
  return pinned
}

function mainLines(playbook: Playbook, script: Script, first: string | undefined): string[] {
  const { communicate, checklist, approvals } = playbook
  const items = (...phases: ChecklistItem['phase'][]) => checklist.filter(({ phase }) => phases.includes(phase))
  const told = (event: string, channels: string[] | undefined) =>
    channels && channels.length > 0 ? [`note ${said(`Tell ${channels.join(', ')}: ${event}`)}`] : []
  const approved = approvals.slice(0, 1).map(({ min, groups }) => {
    const who = groups.length > 0 ? ` of ${groups.join(', ')}` : ''
    return `note ${said(`The runbook asks for ${min} approval(s)${who}. Without Unwind you answer for this.`)}`
  })
  return [
    ...told(`the rollback of ${playbook.service} begins`, communicate.started),
    ...approved,
    ...items('before').flatMap((item) => itemLines(script, item)),
    ...(first === undefined ? [] : [first]),
    ...items('during', 'after', 'communication').flatMap((item) => itemLines(script, item)),
    ...told(`the rollback of ${playbook.service} has ended`, communicate.finished),
    ...told('open the ticket of the post-mortem', communicate.ticket),
    `note 'Done.'`,
  ]
}

function itemLines(script: Script, { text, required, ticks }: ChecklistItem): string[] {
  if (ticks) return [`note ${said(`Checklist: ${text}`)}`]
  script.uses.add('ask')
  return [`ask ${said(text)} || ${required ? `stop ${said(`Open: ${text}`)}` : `note ${said(`Open: ${text}`)}`}`]
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => (line === '' ? '' : `  ${line}`))
}
