import { parseDocument } from 'yaml'
import { UnwindError } from '../../model/errors.ts'
import { assemble } from './assemble.ts'
import type { Around } from './became.ts'
import { type Draft, emptyDraft } from './draft.ts'
import { readMarkdown } from './formats/markdown.ts'
import { readRunbook } from './formats/runbook.ts'
import { readWorkflow } from './formats/workflow.ts'
import type { Format, Imported, Known } from './imported.ts'
import type { Scope } from './scope.ts'
import { readScript } from './script.ts'

export { type Finding, type Format, type Imported, type Known, knownBy, type Needs } from './imported.ts'

/** What an import may be told: how the source is written, what it is called, what documents may hold. */
export interface ImportOptions {
  format: Format | 'auto'
  /** Of the runbook, where the source has none. */
  name: string
  known: Known
}

/** Sources longer than this are no runbooks. */
const LONGEST = 500_000

/**
 * A runbook as people have it, as an `unwind/v1` document with what became of each line. Pure: nothing of the source is
 * run, expanded by a shell, or fetched. Throws INVALID_REQUEST for a source of more than 500,000 characters, and for what is
 * no runbook but an object of Kubernetes.
 */
export function importRunbook(source: string, { format, name, known }: ImportOptions): Imported {
  if (source.length > LONGEST)
    throw new UnwindError('INVALID_REQUEST', `a runbook has at most ${LONGEST} characters; this has ${source.length}`)
  const text = source
    .replace(/^\ufeff/, '')
    .replaceAll('\r\n', '\n')
    .replaceAll('\r', '\n')
  const as = format === 'auto' ? formatOf(text) : format
  const around = aroundOf(text)
  const draft = READERS[as](text, around, known)
  return assemble(text, as, { ...draft, name: draft.name || name }, known, around.connections)
}

const READERS: Record<Format, (source: string, around: Around, known: Known) => Draft> = {
  shell: (source, around) => {
    const scope: Scope = { values: new Map(), parameters: new Map() }
    return {
      ...emptyDraft(scope),
      procedures: [{ name: 'rollback', items: readScript(source, scope, around) }],
    }
  },
  markdown: readMarkdown,
  'github-actions': readWorkflow,
  runbook: readRunbook,
}

/** How a source is written, by what only that form has. */
function formatOf(text: string): Format {
  if (text.startsWith('#!')) return 'shell'
  if (/^ {0,3}(```|~~~)|^\s*[-*] \[[ xX]\] |^#{2,6} |^\d+\. /m.test(text)) return 'markdown'
  const yaml = parseDocument(text, { logLevel: 'silent' })
  const value: unknown = yaml.errors.length > 0 ? undefined : yaml.toJS({ maxAliasCount: 100 })
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'shell'
  if ('apiVersion' in value && 'kind' in value) throw noRunbook(value)
  if ('jobs' in value) return 'github-actions'
  return ['decision_tree', 'steps', 'triggers', 'checks', 'contacts'].some((key) => key in value) ? 'runbook' : 'shell'
}

function noRunbook({ apiVersion, kind }: { apiVersion: unknown; kind: unknown }): UnwindError {
  const next =
    apiVersion === 'unwind/v1'
      ? 'nothing has to be imported; see unwind runbook lint'
      : 'import takes a script, a workflow, Markdown, or a runbook in YAML, which name what is done'
  return new UnwindError('INVALID_REQUEST', `this is a ${String(kind)} of ${String(apiVersion)}: ${next}`)
}

function aroundOf(text: string): Around {
  const objects = new Set<string>()
  const instances = [...text.matchAll(/--(?:source-)?db-(?:instance|cluster)-identifier[= ]+["']?([\w-]+)/g)]
  const sources = [...text.matchAll(/--source-db-(?:instance|cluster)-identifier[= ]+["']?([\w-]+)/g)]
  const early = new Set(sources.map(([, name = '']) => name))
  return {
    before: (kind, object) =>
      object === undefined ? [...objects].some((one) => one.startsWith(`${kind} `)) : objects.has(`${kind} ${object}`),
    instances: early.size > 0 ? early : new Set(instances.map(([, name = '']) => name)),
    connections: new Map(),
    met: (kind, object) => void objects.add(`${kind} ${object}`),
  }
}
