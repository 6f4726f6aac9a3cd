import type { Problem } from '../errors.ts'
import type { Role, StepState, StepStatus } from '../run.ts'
import type { Change, Evidence, Warning } from '../target.ts'
import { utc } from './text.ts'

/** One step in a report: what it was to do, what it did, and how that was proven. */
export interface ReportStep {
  id: string
  kind: string
  title: string
  connection: string
  /** Absent: the step changes a system. */
  role?: Role
  status: StepStatus
  summary?: string
  changes: Change[]
  warnings: Warning[]
  from?: unknown
  to?: unknown
  /** Why it can't be taken back; absent where it can. */
  irreversible?: string
  /** What went away with the move: commits, features, migrations. */
  lost: string[]
  /** What it meant while it happened. */
  impact: string[]
  release?: string
  /** What its condition was evaluated from. */
  inputs?: Record<string, unknown>
  verdict?: { status: string; evidence: Evidence }
  /** The last looks of the series that the verdict was made from. */
  samples: Evidence[]
  problem?: Problem
  byHand?: boolean
  corrected?: Record<string, unknown>
  retried?: number
  startedAt?: string
  endedAt?: string
  durationMs?: number
}

export function reportStep(step: StepState): ReportStep {
  const { id, kind, title, connection, role, status, plan, startedAt, endedAt } = step
  const { byHand, corrected, retried, inputs, verdict, problem } = step
  return {
    ...{ id, kind, title, connection },
    ...(role && { role }),
    status,
    ...(plan && { summary: plan.summary, from: plan.from, to: plan.to }),
    changes: plan?.changes ?? [],
    warnings: plan?.warnings ?? [],
    ...(plan && plan.reversible !== true && { irreversible: plan.reversible.because }),
    lost: plan?.lost ?? [],
    impact: plan?.impact ?? [],
    ...(plan?.release !== undefined && { release: plan.release }),
    ...(inputs && { inputs }),
    ...(verdict && { verdict }),
    samples: step.samples ?? [],
    ...(problem && { problem }),
    ...(byHand !== undefined && { byHand }),
    ...(corrected && { corrected }),
    ...(retried !== undefined && { retried }),
    ...(startedAt && { startedAt: utc(startedAt) }),
    ...(endedAt && { endedAt: utc(endedAt) }),
    ...(startedAt && endedAt && { durationMs: endedAt - startedAt }),
  }
}
