import type { Outline } from '../model/runbook/outline.ts'
import type { Runbook } from '../model/runbook/document.ts'
import { UnwindError } from '../model/errors.ts'
import { readInput } from './files.ts'

/** A runbook of a file as its schema has read it, with what is drawn of it. */
export interface ReadRunbook {
  document: Runbook
  outline: Outline
  revision: string
}

/** Reads a runbook without an API. What its parts say of each other is not checked: see `unwind runbook lint`. */
export async function readRunbookFile(file: string): Promise<ReadRunbook> {
  const text = await readInput(file)
  const [{ readDocument, writtenProblems }, { revisionOf }, { RunbookDocument }, { kinds }, { measurements }, outline] =
    await Promise.all([
      import('../config/document.ts'),
      import('../config/runbooks/revision.ts'),
      import('../activities/runbook.ts'),
      import('../activities/schemas.ts'),
      import('../activities/checks/schemas.ts'),
      import('../model/runbook/outline.ts'),
    ])
  const read = readDocument(text, RunbookDocument)
  if ('problems' in read)
    throw new UnwindError('INVALID_REQUEST', `${file} is no runbook:\n${writtenProblems(file, read.problems)}`)
  const { value: document, written } = read
  return { document, outline: outline.outlineOf(document, kinds, measurements), revision: revisionOf(written) }
}
