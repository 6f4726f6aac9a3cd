import { own, unknown } from '../compile.ts'
import { UnwindError } from '../errors.ts'
import type { Kinds } from '../request.ts'
import type { CompiledStep, RunInput, Telling } from '../run.ts'

/**
 * The run as a drill: the steps of one procedure up to the first that touches what serves (a fence, a promotion) or asks
 * people, unconditionally; whatever they make is taken away at the end. Nobody has to approve it, because nothing that
 * serves is touched: the worker sees to that. It tells nobody but those who are paged for what it leaves, and it is no
 * event in the ledger of the service. Throws INVALID_REQUEST where nothing could be drilled, or no such procedure is there.
 */
export function drillOf(input: RunInput, kinds: Kinds, procedure?: string): RunInput {
  const names = [...new Set(input.steps.map((step) => step.procedure))]
  const known = names.flatMap((name) => name ?? [])
  if (procedure !== undefined && !known.includes(procedure)) throw unknown('procedure', procedure, known)
  const wanted = procedure === undefined ? names : [procedure]
  const parts = wanted.map((name) => {
    const steps = input.steps.filter((step) => step.procedure === name)
    return { name, steps: rehearsed(steps, kinds) }
  })
  const found = parts.find(({ steps }) => steps.some(changes))
  if (!found)
    throw new UnwindError(
      'INVALID_REQUEST',
      `${procedure ?? input.runbook?.name ?? input.service} does not begin with a step that can be drilled: one that only makes something of its own, such as a restore`,
    )
  const { runbook, policy, telling, ledger: _ledger, ...rest } = input
  return {
    ...rest,
    drill: true,
    policy: { ...policy, approvals: [] },
    steps: found.steps,
    ...(runbook && { runbook: quiet(runbook, found.name) }),
    ...(telling && { telling: toDrills(telling) }),
  }
}

/** In a group, what can't be drilled ends it before the group: half of what belongs together proves nothing. */
function rehearsed(steps: readonly CompiledStep[], kinds: Kinds): CompiledStep[] {
  const end = steps.find(({ role = 'change', kind }) => {
    return role === 'change' ? own(kinds, kind)?.drill !== true : role === 'manual' || role === 'approve'
  })
  const group = end?.group
  const stop = end
    ? steps.findIndex((step) => step === end || (group !== undefined && step.group === group))
    : undefined
  return steps
    .slice(0, stop)
    .filter(({ role }) => role !== 'notify')
    .map(({ when: _when, ...step }) => ({ ...step, optional: false, onFailure: 'pause' }))
}

function changes({ role = 'change' }: CompiledStep): boolean {
  return role === 'change'
}

function quiet(runbook: NonNullable<RunInput['runbook']>, procedure = ''): NonNullable<RunInput['runbook']> {
  const { needsPerson = [] } = runbook.communicate
  return { ...runbook, questions: [], approvals: [], checklist: [], procedure, communicate: { needsPerson } }
}

function toDrills({ url, ...telling }: Telling): Telling {
  return { ...telling, ...(url && { url: url.replace('/v1/rollbacks/', '/v1/drills/') }) }
}
