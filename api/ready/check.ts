import { measurements } from '../../activities/checks/schemas.ts'
import { UnwindError } from '../../model/errors.ts'
import type { Actor } from '../../model/policy.ts'
import { compileRunbook } from '../../model/runbook/compile.ts'
import type { LoadedRunbook } from '../../model/runbook/loaded.ts'
import type { RunInput, StepState } from '../../model/run.ts'
import type { Api } from '../context.ts'
import { keepBreakGlass } from '../reports/break-glass.ts'
import { planRollback } from '../rollbacks/plan.ts'
import type { ReadyDocument, ReadyEntry, ReadyRequest } from '../schemas/ready.ts'

/** Plans at once, so that a check in the night takes little from a rollback that runs. */
const AT_ONCE = 2
/** So long one check may take in all, in milliseconds. */
const CHECK_LIMIT = 110_000

/**
 * Plans every procedure of every runbook in every environment that it names, and changes nothing: missing rights, pruned
 * revisions, systems that don't answer come to light before the night when it matters. Throws NOT_FOUND without runbooks.
 */
export async function checkReady(
  api: Api,
  { environment, runbook }: ReadyRequest,
  visible: readonly string[],
  actor: Actor,
): Promise<ReadyDocument> {
  const loaded = await loadAll(api)
  const wanted = [...loaded.values()]
    .filter((one) => runbook === undefined || one.runbook.metadata.name === runbook)
    .flatMap((one) => environmentsOf(api, one).map((name) => ({ one, environment: name })))
    .filter(({ environment: name }) => environment === undefined || name === environment)
    .filter(({ environment: name }) => visible.includes('*') || visible.includes(name))
  const deadline = Date.now() + CHECK_LIMIT
  const entries: ReadyEntry[] = []
  for (let from = 0; from < wanted.length && Date.now() < deadline; from += AT_ONCE)
    entries.push(
      ...(await Promise.all(
        wanted.slice(from, from + AT_ONCE).map(({ one, environment: name }) => check(api, one, name, loaded, actor)),
      )),
    )
  const unchecked = wanted.length - entries.length
  return { ready: unchecked === 0 && entries.every(({ ready }) => ready), runbooks: entries, unchecked }
}

async function loadAll(api: Api): Promise<ReadonlyMap<string, LoadedRunbook>> {
  if (api.runbooks) return api.runbooks()
  throw new UnwindError(
    'NOT_FOUND',
    'no runbooks are configured, so there is nothing to check; set runbooks in unwind.yaml',
  )
}

/** Those that the runbook names and that are configured; one that names none runs in all. */
function environmentsOf({ configuration }: Api, { runbook }: LoadedRunbook): string[] {
  return Object.keys(runbook.environments ?? configuration.environments)
}

async function check(
  api: Api,
  one: LoadedRunbook,
  environment: string,
  others: ReadonlyMap<string, LoadedRunbook>,
  actor: Actor,
): Promise<ReadyEntry> {
  const { name, service } = one.runbook.metadata
  const about = { runbook: name, revision: one.revision, service, environment }
  const problems: ReadyEntry['problems'] = []
  try {
    const { configuration, kinds } = api
    const request = { environment, reason: 'checking whether it could be carried out' }
    const input = compileRunbook(one, request, { configuration, kinds, measurements, others }, actor)
    const planned: StepState[] = []
    for (const procedure of proceduresOf(input))
      await planRollback(api, onlyProcedure(input, procedure)).then(
        ({ steps }) => planned.push(...steps),
        (error: unknown) => problems.push({ ...problemOf(error), procedure }),
      )
    await keepBreakGlass(api, input, planned)
  } catch (error) {
    problems.push(problemOf(error))
  }
  return { ...about, ready: problems.length === 0, checkedAt: new Date().toISOString(), problems }
}

function proceduresOf({ steps }: RunInput): string[] {
  return [...new Set(steps.flatMap(({ procedure }) => (procedure === undefined ? [] : [procedure])))]
}

/** The run as if its questions had led to this procedure. */
function onlyProcedure(input: RunInput, procedure: string): RunInput {
  if (!input.runbook) return input
  const steps = input.steps.filter((step) => step.procedure === procedure)
  return { ...input, steps, runbook: { ...input.runbook, questions: [], procedure } }
}

function problemOf(error: unknown): ReadyEntry['problems'][number] {
  if (error instanceof UnwindError) return { code: error.code, message: error.message }
  throw error
}
