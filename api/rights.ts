import type { Verb } from '../model/configuration.ts'

/**
 * What a caller must be allowed to do, for every operation of the API; null is open to all. A route that is not in this
 * table does not start. Where a verb is granted for some environments only, the one in the path or the body must be among them.
 */
export const rights = {
  startRollback: 'start',
  undoRollback: 'start',
  planRollback: 'plan',
  startDrill: 'start',
  readDrills: 'read',
  stopDrills: 'abort',
  scheduleDrill: 'start',
  unscheduleDrill: 'start',
  readHistory: 'plan',
  readService: 'read',
  readDeployable: 'read',
  recordRelease: 'record',
  lockService: 'lock',
  unlockService: 'lock',
  denyVersion: 'lock',
  switchService: 'lock',
  postAlerts: 'trigger',
  askFlaggerRollback: 'trigger',
  postFlaggerEvent: 'trigger',
  readProposal: 'read',
  answerProposal: 'start',
  readAutomation: 'read',
  switchAutomation: 'lock',
  listRollbacks: 'read',
  readRollback: 'read',
  watchRollback: 'read',
  readReport: 'read',
  readStats: 'read',
  listRunbooks: 'read',
  readRunbook: 'read',
  lintRunbook: 'read',
  listObligations: 'read',
  settleObligation: 'approve',
  readMetrics: 'read',
  readReady: 'read',
  checkReady: 'plan',
  approvePlan: 'approve',
  breakGlass: 'break-glass',
  answerQuestion: 'decide',
  tickItem: 'decide',
  decideStep: 'decide',
  claimRollback: 'decide',
  pauseRollback: 'decide',
  resumeRollback: 'decide',
  abortRollback: 'abort',
  pressSlack: null,
  readOpenApi: null,
  readHealth: null,
  readReadiness: null,
} as const satisfies Record<string, Verb | null>

export type Operation = keyof typeof rights

/** Whether a word is the id of an operation in the table. */
export function isOperation(id: unknown): id is Operation {
  return typeof id === 'string' && Object.hasOwn(rights, id)
}
