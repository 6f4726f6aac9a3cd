/** A variable of expressions: its CEL type or its fields, and who produces it, as lint and the docs say it. */
export interface Variable {
  type?: string
  fields?: Readonly<Record<string, string>>
  producer: string
}

export const TIMESTAMP = 'google.protobuf.Timestamp'

/** What stands behind one name of `steps`. */
export const STEP_FIELDS = { status: 'string', passed: 'bool' } as const

/** Everything that an expression may name; the same shape as `Facts`. Whatever isn't known at the time is absent. */
export const VARIABLES: Readonly<Record<string, Variable>> = {
  service: { type: 'string', producer: 'the run' },
  environment: { type: 'string', producer: 'the run' },
  parameters: { type: 'map<string, dyn>', producer: 'whoever starts the run, or the defaults of the runbook' },
  now: { type: TIMESTAMP, producer: 'the clock of the run' },
  alert: {
    fields: { startsAt: TIMESTAMP, labels: 'map<string, string>' },
    producer: 'the alert that asked for the run',
  },
  release: {
    fields: { version: 'string', deployedAt: TIMESTAMP, commit: 'string', migrations: 'list<string>' },
    producer: 'the history of the systems that the first steps change',
  },
  plan: {
    fields: {
      irreversible: 'bool',
      data: 'bool',
      steps: 'int',
      kinds: 'list<string>',
      warnings: 'list<string>',
    },
    producer: 'the plan, once it is made',
  },
  steps: { type: 'map<string, StepFacts>', producer: 'the steps before' },
}
