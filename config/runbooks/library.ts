import type { z } from 'zod'
import { UnwindError } from '../../model/errors.ts'
import { nearest } from '../../model/nearest.ts'
import type { Runbook } from '../../model/runbook/document.ts'
import type { LoadedRunbook } from '../../model/runbook/loaded.ts'
import type { RunbookSettings } from '../../model/runbook/settings.ts'
import { type DocumentProblem, type ReadDocument, readDocument, writtenProblems } from '../document.ts'
import { stateDirectory } from '../state.ts'
import type { RunbookFile } from './files.ts'
import { readFolder } from './folder.ts'
import { readRepository } from './repository.ts'
import { revisionOf } from './revision.ts'

/** What a place held when it was read: runbooks by name, and files that are none. */
export interface Library {
  runbooks: ReadonlyMap<string, LoadedRunbook>
  broken: { file: string; source: string; problems: DocumentProblem[] }[]
}

/**
 * Reads all runbooks of the configured place, anew at each call, so that a file that was changed counts at once. A file
 * that is no runbook hides no other; two with the same name are both broken. Throws CONFIGURATION_INVALID where the
 * place itself can't be read, and NOT_FOUND where none is configured.
 */
export async function readRunbooks(
  settings: RunbookSettings | undefined,
  schema: z.ZodType<Runbook>,
): Promise<Library> {
  if (!settings)
    throw new UnwindError('NOT_FOUND', 'no runbooks are configured; name their folder or repository in unwind.yaml')
  const { files, reviewed } =
    'folder' in settings ? await readFolder(settings.folder) : await readRepository(settings, await stateDirectory())
  const read = files.map((file) => readFile(file, schema))
  const names = read.flatMap(({ found }) => found?.value.metadata.name ?? [])
  const twins = new Set(names.filter((name, index) => names.indexOf(name) < index))
  return {
    runbooks: new Map(
      read.flatMap(({ file: { source }, found }) => {
        if (!found || twins.has(found.value.metadata.name)) return []
        const revision = revisionOf(found.written)
        const loaded = {
          runbook: found.value,
          revision,
          source,
          reviewed: reviewed || settings.reviewed.includes(revision),
        }
        return [[found.value.metadata.name, loaded] as const]
      }),
    ),
    broken: read.flatMap(({ file: { name, source }, found, problems = found ? twinProblems(found, twins) : [] }) =>
      problems.length > 0 ? [{ file: name, source, problems }] : [],
    ),
  }
}

/** The runbook of this name. Throws NOT_FOUND, with what was probably meant, or what is wrong with its file. */
export function runbookNamed({ runbooks, broken }: Library, name: string): LoadedRunbook {
  const found = runbooks.get(name)
  if (found) return found
  const own = broken.find(({ file }) => file.replace(/\.ya?ml$/, '') === name)
  if (own) throw new UnwindError('INVALID_REQUEST', writtenProblems(own.file, own.problems.slice(0, 5)))
  const known = [...runbooks.keys()]
  const near = nearest(name, known)
  const list = known.slice(0, 20).join(', ') || 'none'
  const files = broken.length > 0 ? `; files that can't be read: ${broken.map(({ file }) => file).join(', ')}` : ''
  throw new UnwindError(
    'NOT_FOUND',
    `there is no runbook ${name}; ${near ? `did you mean ${near}?` : `there is: ${list}`}${files}`,
  )
}

type Found = Extract<ReadDocument<Runbook>, { value: Runbook }>

function readFile(
  file: RunbookFile,
  schema: z.ZodType<Runbook>,
): { file: RunbookFile; found?: Found; problems?: DocumentProblem[] } {
  const read = readDocument(file.text, schema)
  return 'problems' in read ? { file, problems: read.problems } : { file, found: read }
}

function twinProblems({ value, at }: Found, twins: ReadonlySet<string>): DocumentProblem[] {
  const { name } = value.metadata
  if (!twins.has(name)) return []
  const message = `two files hold a runbook ${name}; give each its own name`
  return [{ path: 'metadata.name', message, ...at(['metadata', 'name']) }]
}
