import { Document, isMap, isSeq } from 'yaml'
import { templatesIn, textsOf } from '../../model/runbook/templates.ts'
import type { DraftStep } from './became.ts'
import type { Draft } from './draft.ts'
import type { Finding, Format, Imported, Known, Needs } from './imported.ts'
import { masked } from './item.ts'
import { type Placed, type Procedure, procedureOf, slug } from './procedure.ts'

/** A draft as a document with comments, and the findings in the order of the source's lines, none of which is left out. */
export function assemble(
  source: string,
  format: Format,
  draft: Draft,
  known: Known,
  connections: ReadonlyMap<string, string>,
): Imported {
  const made = draft.procedures.map(({ name, items }) => ({ name, made: filledUp(procedureOf(items, known)) }))
  const steps = made.flatMap(({ made: { steps: placed } }) => placed.map(({ step }) => step))
  const document = documentOf(draft, made, steps)
  const found = [...draft.findings, ...made.flatMap(({ made: { findings } }) => findings)]
  return {
    format,
    document,
    text: written(document, made),
    findings: complete(source, found),
    needs: needsOf(draft, steps, connections),
  }
}

function needsOf(draft: Draft, steps: readonly DraftStep[], origins: ReadonlyMap<string, string>): Needs {
  const measured = [...steps.flatMap(({ all }) => all ?? []), ...draft.triggers.map(({ check }) => check)]
  const named = (key: string) =>
    (measured as Record<string, unknown>[]).flatMap(({ [key]: name }) => (typeof name === 'string' ? [name] : []))
  const told = steps.flatMap(({ kind, channels }) => (kind === 'notify' ? (channels as string[]) : []))
  const used = new Set(named('http'))
  return {
    connections: Object.fromEntries([...origins].filter(([name]) => used.has(name))),
    queries: [...new Set(named('prometheus'))],
    channels: [...new Set([...told, ...Object.values(draft.communicate).flat()])],
  }
}

interface Made {
  name: string
  made: Procedure
}

function filledUp(procedure: Procedure): Procedure {
  if (procedure.steps.length > 0) return procedure
  const step = {
    id: 'by-hand',
    kind: 'manual',
    text: 'The source says nothing that can be done; write what to do here.',
  }
  return { ...procedure, steps: [{ step, comments: [] }] }
}

function documentOf(draft: Draft, made: readonly Made[], steps: readonly DraftStep[]): Record<string, unknown> {
  const name = slug(draft.name ?? '', 'imported')
  const [only] = made
  const lists = made.map(({ name: key, made: { steps: placed } }) => [key, placed.map(({ step }) => step)])
  const told = Object.entries(draft.communicate).filter(([, channels]) => channels.length > 0)
  const parts: Record<string, unknown> = {
    environments: draft.environments,
    contacts: draft.contacts,
    parameters: parametersOf(draft, steps),
    triggers: draft.triggers,
    decision: draft.questions,
    ...(draft.questions.length > 0
      ? { procedures: Object.fromEntries(lists) }
      : { steps: only?.made.steps.map(({ step }) => step) }),
    communicate: Object.fromEntries(told),
    checklist: draft.checklist.map(({ phase, text }, at) => ({ id: `${phase}-${at + 1}`, phase, text })),
  }
  return {
    apiVersion: 'unwind/v1',
    kind: 'Runbook',
    metadata: { name, service: serviceOf(steps) ?? name, ...(draft.description && { description: draft.description }) },
    ...Object.fromEntries(Object.entries(parts).filter(([, part]) => part && Object.keys(part).length > 0)),
  }
}

/** The parameters that the steps really use. */
function parametersOf({ scope }: Draft, steps: readonly DraftStep[]): Record<string, unknown> {
  const names = textsOf(steps).flatMap(({ text }) => templatesIn(text).names)
  return Object.fromEntries([...new Set(names)].map((name) => [name, scope.parameters.get(name) ?? { type: 'string' }]))
}

/** The service is what the first step moves, where that has a name. */
function serviceOf(steps: readonly DraftStep[]): string | undefined {
  for (const { workload, release, application, rollout } of steps) {
    const named = [workload, release, application, rollout].find((value) => typeof value === 'string')
    if (typeof named === 'string' && !named.includes('{{')) return slug(named.split('/').at(-1) ?? '', '') || undefined
  }
  return undefined
}

function written(document: Record<string, unknown>, made: readonly Made[]): string {
  const yaml = new Document(document, { aliasDuplicateObjects: false })
  for (const { name, made: procedure } of made) {
    const list = yaml.getIn(Object.hasOwn(document, 'procedures') ? ['procedures', name] : ['steps'], true)
    if (!isSeq(list)) continue
    for (const [at, item] of list.items.entries()) if (isMap(item)) above(item, procedure.steps[at])
    if (procedure.after.length > 0) list.comment = comment(procedure.after)
  }
  // Folded, a line of spaces would come back as two.
  return yaml.toString({ lineWidth: 120, blockQuote: 'literal' })
}

function above(item: { commentBefore?: string | null }, placed: Placed | undefined): void {
  if (placed && placed.comments.length > 0) item.commentBefore = comment(placed.comments)
}

function comment(texts: readonly string[]): string {
  const lines = texts.flatMap((text) => text.split('\n'))
  return lines.map((line) => ` ${line.replace(/[\u0000-\u001f\u007f\u0085\u2028\u2029]/g, ' ').trimEnd()}`).join('\n')
}

/** All findings by line; a line that no reader spoke of is named as what holds the others together. */
function complete(source: string, findings: readonly Finding[]): Finding[] {
  const seen = new Set(
    findings.flatMap(({ line, end }) => Array.from({ length: end - line + 1 }, (_, at) => line + at)),
  )
  const others = source.split('\n').flatMap((original, at): Finding[] => {
    if (original.trim() === '' || seen.has(at + 1)) return []
    const place = { line: at + 1, end: at + 1, original: masked(original) }
    return [{ ...place, outcome: 'kept', became: 'structure', reason: 'It holds the lines around it together.' }]
  })
  return [...findings, ...others].toSorted((one, other) => one.line - other.line || one.end - other.end)
}
