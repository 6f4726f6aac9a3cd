import { z } from 'zod'
import { type ErrorCode, errors } from '../model/errors.ts'
import { QUESTION_ID } from '../model/request.ts'
import { CHOICES, OUTCOMES } from '../model/run.ts'
import { Name, Sentence } from '../model/step.ts'

const Person = z.string().min(1).max(200)
const codes = Object.keys(errors) as [ErrorCode, ...ErrorCode[]]
const Value = z.union([z.string().max(500), z.number(), z.boolean()])

/** One outcome, or several in their order, of which the last one stays. */
function series<const Words extends readonly [string, ...string[]]>(...words: Words) {
  const outcome = z.enum(words)
  const often = z.strictObject({ outcome, times: z.int().min(1).max(1_000) })
  return z.union([
    outcome,
    z
      .array(z.union([outcome, often]))
      .min(1)
      .max(200),
  ])
}

const When = z
  .union([
    z.iso.datetime({ offset: true }),
    z.string().regex(/^\d{1,6}(s|m|h|d) ago$/, 'write 2026-01-02T03:04:05Z, or 5m ago'),
  ])
  .describe('A time, or how long before the run: 5m ago.')

const Script = z
  .strictObject({
    plan: series('ok', ...codes).optional(),
    apply: series('ok', 'lost', ...codes)
      .optional()
      .describe('lost: it is done, and then the answer is lost.'),
    verify: series('pass', 'fail', 'inconclusive', ...codes).optional(),
    check: series('pass', 'fail', 'inconclusive', 'error')
      .optional()
      .describe('Of a check: each look in its order. error: it could not be measured.'),
    irreversible: z.boolean().optional().describe('The plan says that it can’t be undone.'),
    data: z.boolean().optional().describe('The plan says that it touches data.'),
    warnings: z
      .array(z.string().regex(/^[A-Z_]{1,60}$/))
      .max(10)
      .optional()
      .describe('Codes of warnings that somebody has to accept.'),
  })
  .meta({ id: 'ScenarioStep', description: 'What happens at a step. What is left out goes well.' })
export type Script = z.infer<typeof Script>

const Approving = z
  .union([
    z.array(Person).min(1).max(10).describe('These people say yes, one after the other.'),
    z.strictObject({ no: Person.describe('Who says no.') }),
    z.literal('expires'),
  ])
  .describe('People who say yes, one who says no, or expires: nobody answers in time.')

const Expected = z
  .strictObject({
    outcome: z.enum([...OUTCOMES, 'waits']).describe('waits: nothing in the scenario answers what the run asks.'),
    waitsFor: QUESTION_ID.optional().describe('The question, step or item that nobody answers; plan for its approval.'),
    path: z
      .record(QUESTION_ID, z.enum(['yes', 'no']))
      .optional()
      .describe('Every answered question, in order.'),
    procedure: Name.optional(),
    steps: z.array(QUESTION_ID).max(200).optional().describe('Steps that were begun, in order.'),
    skipped: z.array(QUESTION_ID).max(200).optional(),
    parked: z.array(QUESTION_ID).max(200).optional().describe('Steps that waited for a person, each time, in order.'),
    compensated: z.array(QUESTION_ID).max(200).optional().describe('Steps that were taken back.'),
    told: z
      .record(z.string().max(63), z.array(z.string().min(1).max(200)).max(20))
      .optional()
      .describe('Channels by event: started, approval-needed, parked, closing, escalated, finished, step.'),
    refused: z.array(Person).max(20).optional().describe('People whose answer was not taken.'),
  })
  .meta({ id: 'ScenarioExpected' })
export type Expected = z.infer<typeof Expected>

const Scenario = z
  .strictObject({
    name: Sentence,
    startedBy: Person.default('operator').describe('One of people, or somebody in no group.'),
    parameters: z.record(z.string().max(63), Value).optional(),
    accept: z
      .array(z.string().regex(/^[A-Z_]{1,60}$/))
      .max(20)
      .optional()
      .describe('Codes of warnings that are accepted beforehand.'),
    alert: z
      .strictObject({ startsAt: When, labels: z.record(z.string().max(200), z.string().max(1_000)).default({}) })
      .optional(),
    release: z
      .strictObject({
        version: z.string().min(1).max(200).optional(),
        commit: z.string().min(1).max(200).optional(),
        deployedAt: When.optional(),
        migrations: z
          .array(z.string().regex(/^[^\s,]{1,200}$/))
          .max(200)
          .optional(),
      })
      .optional()
      .describe('What the systems know of the release that is left.'),
    answers: z.record(QUESTION_ID, series('yes', 'no')).default({}).describe('By question or step.'),
    approvals: z.record(QUESTION_ID, Approving).default({}).describe('By step; plan for that of the plan.'),
    decisions: z
      .array(
        z.strictObject({
          step: QUESTION_ID,
          choice: z.enum(CHOICES),
          fields: z.record(z.string().max(63), z.unknown()).optional().describe('Corrected fields, with retry.'),
        }),
      )
      .max(50)
      .default([])
      .describe('What is decided when a step is parked, in order.'),
    ticks: z
      .array(Name)
      .max(50)
      .default([])
      .describe('Required items of the checklist that a person ticks at the end.'),
    steps: z.record(QUESTION_ID, Script).default({}),
    expect: Expected,
  })
  .meta({ id: 'Scenario' })
export type Scenario = z.infer<typeof Scenario>

/** A file of scenarios for one runbook: what is given, how people and systems answer, and what must come of it. */
export const Scenarios = z
  .strictObject({
    apiVersion: z.literal('unwind/v1'),
    kind: z.literal('Scenarios'),
    runbook: z.string().min(1).max(1_000).describe('Path of the runbook, from this file.'),
    environment: Name,
    people: z
      .record(Person, z.array(z.string().min(1).max(200)).max(50))
      .default({})
      .describe('Groups by person.'),
    scenarios: z.array(Scenario).min(1).max(200),
  })
  .meta({ id: 'Scenarios', title: 'Scenarios', description: 'What a runbook does in cases that are thought through.' })
export type Scenarios = z.infer<typeof Scenarios>

/** The outcomes of a series one by one. */
export function outcomesOf<Word extends string>(
  written: Word | (Word | { outcome: Word; times: number })[] = [],
): Word[] {
  const parts = Array.isArray(written) ? written : [written]
  return parts.flatMap((part) =>
    typeof part === 'string' ? [part] : Array.from({ length: part.times }, () => part.outcome),
  )
}
