import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { define } from '../../cli/program.ts'
import { CHOICES } from '../../model/run.ts'

/** By which command each operation of the API is used; a new operation needs one, or a reason to have none. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  startRollback: ['start'],
  planRollback: ['plan'],
  undoRollback: ['undo'],
  listRollbacks: ['list'],
  readRollback: ['get'],
  watchRollback: ['watch'],
  readReport: ['report'],
  readStats: ['stats'],
  checkReady: ['ready'],
  readReady: ['ready'],
  listObligations: ['obligations'],
  settleObligation: ['obligations'],
  listRunbooks: ['runbook'],
  readRunbook: ['runbook'],
  lintRunbook: ['runbook'],
  startDrill: ['drill'],
  readDrills: ['drill'],
  stopDrills: ['drill'],
  scheduleDrill: ['drill'],
  unscheduleDrill: ['drill'],
  readHistory: ['history'],
  readService: ['release'],
  recordRelease: ['release'],
  readDeployable: ['may-deploy'],
  lockService: ['lock'],
  unlockService: ['unlock'],
  denyVersion: ['deny'],
  switchService: ['automation'],
  readProposal: ['proposal'],
  answerProposal: ['proposal'],
  readAutomation: ['automation'],
  switchAutomation: ['automation'],
  approvePlan: ['approve', 'reject'],
  breakGlass: ['break-glass'],
  answerQuestion: ['answer'],
  tickItem: ['tick'],
  decideStep: CHOICES,
  claimRollback: ['claim'],
  pauseRollback: ['pause'],
  resumeRollback: ['resume'],
  abortRollback: ['abort'],
  readHealth: ['health'],
  readReadiness: ['health'],
}

const NONE: Readonly<Record<string, string>> = {
  readOpenApi: 'for programs',
  readMetrics: 'for Prometheus',
  postAlerts: 'for Alertmanager',
  askFlaggerRollback: 'for Flagger',
  postFlaggerEvent: 'for Flagger',
  pressSlack: 'for Slack; `approve` and `reject` do the same',
}

/** Commands that use no operation: they work on the machine where they run. */
const LOCAL = ['init', 'setup', 'token', 'server', 'api', 'worker', 'demo']

test('whatever the API can do, the command line can do, and nothing else', async () => {
  const text = await readFile(new URL('../../docs/openapi.json', import.meta.url), 'utf8')
  const { paths } = JSON.parse(text) as { paths: Record<string, Record<string, { operationId: string }>> }
  const operations = Object.values(paths).flatMap((path) => Object.values(path).map(({ operationId }) => operationId))
  expect(Object.keys({ ...COMMANDS, ...NONE }).toSorted()).toEqual(operations.toSorted())
  const used = new Set([...Object.values(COMMANDS).flat(), ...LOCAL])
  const commands = define(() => undefined).commands.map((command) => command.name())
  expect(commands.toSorted()).toEqual([...used].toSorted())
})
