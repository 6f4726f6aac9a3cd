import { UnwindError } from '../../../model/errors.ts'
import { lastGoodOf, named } from '../../../model/service/facts.ts'
import type { CallContext, Change, Plan, Warning } from '../../../model/target.ts'
import { at } from '../../ask.ts'
import type { GitHub } from '../../github/connect.ts'
import { request } from '../../github/request.ts'
import type { GitHubActionsStep } from './schema.ts'
import { type ActionsState, type Dispatch, parseState } from './state.ts'
import { fits, readWorkflow, type WorkflowFile } from './workflow-file.ts'

const LIMITS = { apply: 3_600_000, verify: 900_000 }

const BECAUSE = 'what a workflow has done stays done; name under undo: what takes it back'

/** What would be dispatched, and whether GitHub would take it. Reads only. */
export async function plan(step: GitHubActionsStep, context: CallContext<GitHub>): Promise<Plan<ActionsState>> {
  const release = await releaseOf(step, context)
  const there = await dispatchOf(step, release, context)
  const back = step.undo && (await dispatchOf(undoOf(step, step.undo), undefined, context))
  const carried: ActionsState = { carriedOut: true, by: there.dispatch }
  const before: ActionsState = { carriedOut: false, ...(back && { by: back.dispatch }) }
  const towards = context.towards && parseState(context.towards)
  const returning = towards !== undefined && !towards.carriedOut
  if (returning && !back) throw new UnwindError('NO_ROLLBACK_TARGET', `${step.workflow}: ${BECAUSE}`)
  const [from, to, chosen] = returning && back ? [carried, before, back] : [before, carried, there]
  return {
    summary: `runs ${chosen.dispatch.workflow} of ${context.connection.repository} at ${chosen.dispatch.ref}`,
    object: objectOf(context, step),
    ...{ from, to, changes: changesOf(chosen.dispatch), reversible: back ? true : { because: BECAUSE } },
    warnings: await warningsOf(chosen.dispatch, context),
    limits: LIMITS,
    impact: impactOf(chosen.file, chosen.dispatch),
    ...(release !== undefined && !returning && { release }),
  }
}

/** One workflow serves many services; each is locked for itself. */
function objectOf({ connection, service }: CallContext<GitHub>, { workflow }: GitHubActionsStep): string {
  return `github/${new URL(connection.origin).host}/${connection.repository}/actions/${workflow}/${service}`
}

function undoOf(
  step: GitHubActionsStep,
  { workflow, ref, inputs }: NonNullable<GitHubActionsStep['undo']>,
): GitHubActionsStep {
  const { release: _release, to: _to, ...own } = step
  return { ...own, workflow: workflow ?? step.workflow, ref: ref ?? step.ref, inputs: inputs ?? step.inputs }
}

/** The release that `to` leads to. Throws NO_ROLLBACK_TARGET where the ledger has none, TARGET_UNREACHABLE where it says nothing. */
async function releaseOf({ to }: GitHubActionsStep, context: CallContext): Promise<string | undefined> {
  if (to === undefined) return undefined
  const ledger = await context.ledger?.()
  if (!ledger) throw new UnwindError('TARGET_UNREACHABLE', `the ledger of releases does not answer what ${to} is`)
  const found = to === 'last-good' ? lastGoodOf(ledger) : named(ledger, to)
  if (found) return found.version
  const known = ledger.releases.slice(0, 5).map(({ version }) => version)
  throw new UnwindError(
    'NO_ROLLBACK_TARGET',
    `the ledger of releases knows no ${to}; ${known.length > 0 ? `it has ${known.join(', ')}` : 'it is empty: record releases (unwind release record)'}`,
  )
}

async function dispatchOf(step: GitHubActionsStep, release: string | undefined, context: CallContext<GitHub>) {
  const { workflow, ref, mark } = step
  const file = await readWorkflow(context.connection, step, context.signal)
  const given = {
    ...step.inputs,
    ...(step.release !== undefined && release !== undefined && { [step.release]: release }),
  }
  const inputs = Object.fromEntries(Object.entries(given).map(([key, value]) => [key, String(value)]))
  const dispatch: Dispatch = { workflow, ref, file: file.object, inputs, mark }
  fits(file, dispatch)
  return { dispatch, file }
}

function changesOf({ workflow, ref, inputs }: Dispatch): Change[] {
  const given = Object.entries(inputs).map(([key, value]): Change => ({ path: `inputs.${key}`, to: value }))
  return [{ path: 'run', to: `${workflow} at ${ref}` }, ...given]
}

async function warningsOf(
  { ref, workflow }: Dispatch,
  { connection, signal }: CallContext<GitHub>,
): Promise<Warning[]> {
  const [isTag, may] = await Promise.all([hasTag(connection, ref, signal), mayDispatch(connection, signal)])
  return [
    ...(isTag
      ? []
      : [
          {
            code: 'MOVING_REF',
            message: `${ref} is a branch: ${workflow} runs on what it holds when it is started; a tag stays`,
          },
        ]),
    ...(may
      ? []
      : [
          {
            code: 'MAY_NOT_DISPATCH',
            message: `the token of connection ${connection.name} may not start workflows of ${connection.repository}: give it actions=write`,
            confirm: true,
          },
        ]),
  ]
}

async function hasTag(github: GitHub, ref: string, signal: AbortSignal): Promise<boolean> {
  const path = `/git/ref/${encodeURIComponent(`tags/${ref}`)}`
  return (await request(github, { path, signal, also: [404], wanted: `read the tag ${ref}` })).status === 200
}

/** Of an installation GitHub says what it may; of a token, what whose it is may do in the repository. */
async function mayDispatch(github: GitHub, signal: AbortSignal): Promise<boolean> {
  const { permissions } = await github.grant(signal)
  if (permissions) return permissions['actions'] === 'write'
  const { json } = await request(github, { path: '', signal, wanted: 'read the repository' })
  return at(json, 'permissions', 'push') !== false
}

function impactOf({ environments }: WorkflowFile, { workflow }: Dispatch): string[] {
  return environments
    .slice(0, 10)
    .map((name) => `${workflow} enters environment ${name} of GitHub: its reviewers may have to approve there`)
}
