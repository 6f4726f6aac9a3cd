/**
 * The closed table of everything that can go wrong. `status` is the HTTP status, `exit` the CLI's exit code, `retryable`
 * whether trying again without a change can help, `atPlan` what planning does with it: `park` waits for a person to mend
 * the surroundings, `end` finishes as not applicable, because the request itself can't be carried out.
 */
export const errors = {
  INVALID_REQUEST: { status: 400, exit: 2, retryable: false, atPlan: 'end', title: 'The request is not valid' },
  CONFIGURATION_INVALID: {
    status: 500,
    exit: 2,
    retryable: false,
    atPlan: 'park',
    title: 'The configuration is not valid',
  },
  UNAUTHENTICATED: { status: 401, exit: 4, retryable: false, atPlan: 'end', title: 'Who is asking is not known' },
  FORBIDDEN: { status: 403, exit: 4, retryable: false, atPlan: 'end', title: 'The caller may not do this' },
  NOT_FOUND: { status: 404, exit: 5, retryable: false, atPlan: 'end', title: 'There is no such thing' },
  ROLLBACK_RUNNING: {
    status: 409,
    exit: 6,
    retryable: false,
    atPlan: 'end',
    title: 'A rollback of this service is running',
  },
  OBJECT_LOCKED: { status: 409, exit: 6, retryable: false, atPlan: 'end', title: 'Another rollback holds this object' },
  STALE_DECISION: {
    status: 409,
    exit: 6,
    retryable: false,
    atPlan: 'end',
    title: 'The run has moved on since this was shown',
  },
  DECISION_REFUSED: {
    status: 409,
    exit: 6,
    retryable: false,
    atPlan: 'end',
    title: 'The run does not accept this now',
  },
  KEY_REUSED: {
    status: 422,
    exit: 2,
    retryable: false,
    atPlan: 'end',
    title: 'The idempotency key stands for another request',
  },
  BODY_TOO_LARGE: { status: 413, exit: 2, retryable: false, atPlan: 'end', title: 'The request is too large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, exit: 2, retryable: false, atPlan: 'end', title: 'The request is not JSON' },
  NO_WORKER: { status: 503, exit: 7, retryable: true, atPlan: 'park', title: 'No worker is running' },
  TEMPORAL_UNAVAILABLE: { status: 503, exit: 7, retryable: true, atPlan: 'park', title: 'Temporal does not answer' },
  ARCHIVE_UNAVAILABLE: { status: 503, exit: 7, retryable: true, atPlan: 'park', title: 'The archive does not answer' },
  TOO_MANY_WATCHERS: { status: 503, exit: 7, retryable: true, atPlan: 'end', title: 'Too many clients watch' },
  NO_ROLLBACK_TARGET: {
    status: 409,
    exit: 3,
    retryable: false,
    atPlan: 'end',
    title: 'There is nothing to go back to',
  },
  TARGET_NOT_FOUND: { status: 404, exit: 5, retryable: false, atPlan: 'end', title: 'The object does not exist' },
  TARGET_UNREACHABLE: { status: 503, exit: 7, retryable: true, atPlan: 'park', title: 'The system does not answer' },
  TARGET_FORBIDDEN: {
    status: 502,
    exit: 4,
    retryable: false,
    atPlan: 'park',
    title: 'The system refuses the worker a right',
  },
  TARGET_OWNED: {
    status: 409,
    exit: 3,
    retryable: false,
    atPlan: 'end',
    title: 'Something else owns the object and would revert this',
  },
  IMAGE_GONE: {
    status: 409,
    exit: 3,
    retryable: false,
    atPlan: 'park',
    title: 'An image of the release is not in its registry',
  },
  TARGET_PAUSED: { status: 409, exit: 3, retryable: false, atPlan: 'end', title: 'The object is paused' },
  TARGET_MISMATCH: {
    status: 409,
    exit: 3,
    retryable: false,
    atPlan: 'park',
    title: 'The connection leads elsewhere than recorded',
  },
  TARGET_REJECTED: { status: 409, exit: 3, retryable: false, atPlan: 'end', title: 'The system rejects the change' },
  PLAN_STALE: {
    status: 409,
    exit: 6,
    retryable: false,
    atPlan: 'park',
    title: 'The system has changed since the plan',
  },
  RELEASE_MIXED: {
    status: 409,
    exit: 3,
    retryable: false,
    atPlan: 'end',
    title: 'The steps would lead to different releases',
  },
  PLAN_TOO_LARGE: {
    status: 422,
    exit: 2,
    retryable: false,
    atPlan: 'end',
    title: 'The plan is larger than a run can carry',
  },
  VERIFY_FAILED: {
    status: 409,
    exit: 3,
    retryable: false,
    atPlan: 'park',
    title: 'The measurements say that it is not healthy',
  },
  VERIFY_INCONCLUSIVE: {
    status: 409,
    exit: 3,
    retryable: false,
    atPlan: 'park',
    title: 'The measurements prove nothing',
  },
  STEP_TIMEOUT: {
    status: 409,
    exit: 3,
    retryable: false,
    atPlan: 'park',
    title: 'The step did not end within its time',
  },
  ROLLBACK_NOT_WANTED: {
    status: 409,
    exit: 3,
    retryable: false,
    atPlan: 'end',
    title: 'Nothing asks for the canary to be taken back',
  },
  STEP_DECLINED: { status: 409, exit: 3, retryable: false, atPlan: 'park', title: 'A person said no to the step' },
  APPROVAL_EXPIRED: { status: 409, exit: 3, retryable: false, atPlan: 'park', title: 'Nobody approved in time' },
  RUN_OVERDUE: {
    status: 409,
    exit: 3,
    retryable: false,
    atPlan: 'park',
    title: 'The run takes longer than its runbook allows',
  },
  AUTOMATION_STOPPED: {
    status: 409,
    exit: 3,
    retryable: false,
    atPlan: 'park',
    title: 'Nothing goes on by itself now',
  },
  OVERLOADED: { status: 503, exit: 7, retryable: true, atPlan: 'end', title: 'Too much is asked at once' },
  INTERNAL: { status: 500, exit: 1, retryable: false, atPlan: 'park', title: 'Unwind itself failed' },
} as const satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof errors

interface ErrorRow {
  status: number
  exit: number
  retryable: boolean
  atPlan: 'end' | 'park'
  title: string
}

/** What travels: a code of the table, one sentence (what, which, what to do next) and small facts that hold no secret. */
export interface Problem {
  code: ErrorCode
  message: string
  facts?: Record<string, unknown>
}

/** Thrown outside workflow code only; workflow code throws ApplicationFailure, because a plain error hangs the run. */
export class UnwindError extends Error {
  readonly code: ErrorCode
  readonly facts: Record<string, unknown> | undefined

  constructor(code: ErrorCode, message: string, facts?: Record<string, unknown>, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'UnwindError'
    this.code = code
    this.facts = facts
  }

  get problem(): Problem {
    return { code: this.code, message: this.message, ...(this.facts && { facts: this.facts }) }
  }
}

/** Whether a word from outside is a code of the table. */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errors, code)
}
