import type { CompiledCheck } from '../../model/runbook/compiled.ts'
import type { CompiledStep, RunInput, StepState } from '../../model/run.ts'
import { memberId } from './kubernetes.ts'
import type { Exact, Part, Playbook, Series } from './playbook.ts'

/** What a compiled run would do, as a playbook: parameters filled in, embedded runbooks in their place. */
export function playbookOfRun(input: RunInput): Playbook {
  const { service, environment, runbook, steps, policy } = input
  const names = [...new Set(steps.map(({ procedure }) => procedure ?? 'steps'))]
  const rules = [...(runbook?.approvals ?? []), ...policy.approvals]
  return {
    ...{ name: runbook?.name ?? service, service, environment },
    ...(runbook?.owner !== undefined && { owner: runbook.owner }),
    ...(runbook && { revision: runbook.revision }),
    contacts: runbook?.contacts ?? {},
    parameters: [],
    questions: runbook?.questions ?? [],
    procedures: names.map((name) => ({
      name,
      parts: steps.filter(({ procedure }) => (procedure ?? 'steps') === name).map(partOf),
    })),
    approvals: rules.map(({ min, groups, when }) => ({ ...{ min, groups }, ...(when !== undefined && { when }) })),
    communicate: runbook?.communicate ?? {},
    checklist: runbook?.checklist ?? [],
  }
}

/** Where each step of a planned run goes exactly, as far as its plan names what keeps the template. */
export function exactOf(steps: readonly Pick<StepState, 'id' | 'plan'>[]): Record<string, Exact> {
  return Object.fromEntries(
    steps.flatMap(({ id, plan }): [string, Exact][] => {
      const { workloads } = plan?.to ?? {}
      if (!Array.isArray(workloads)) return named(id, plan?.to)
      const states = workloads as { state?: Record<string, unknown> }[]
      return states.flatMap(({ state }, index) => named(memberId(id, index), state))
    }),
  )
}

function named(id: string, state: Record<string, unknown> = {}): [string, Exact][] {
  const { replicaSet, controllerRevision } = state
  if (typeof replicaSet === 'string') return [[id, { replicaSet }]]
  const { name } = (controllerRevision ?? {}) as { name?: unknown }
  return typeof name === 'string' ? [[id, { controllerRevision: name }]] : []
}

function partOf({ id, kind, title, step, optional, when, timeout, group, check }: CompiledStep): Part {
  return {
    ...{ id, kind, title, fields: { kind, ...step }, optional },
    ...(when !== undefined && { when }),
    ...(timeout !== undefined && { timeout }),
    ...(group !== undefined && { group }),
    ...(check && { check: seriesOf(check) }),
  }
}

function seriesOf({ measurements, ...series }: CompiledCheck): Series {
  return { ...series, measurements: measurements.map(({ kind, spec }) => ({ kind, fields: spec })) }
}
