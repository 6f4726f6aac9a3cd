import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { gitHubActions } from '../../activities/targets/github-actions/index.ts'
import type { Ledger } from '../../model/service/facts.ts'
import type { CallContext } from '../../model/target.ts'
import { applied, contextFor, errorOf, planOf, verified } from '../support/conformance-drive.ts'
import { type GitHubLab, openGitHub, stepOf, target, WORKFLOW } from './github-fixture.ts'

let lab: GitHubLab
beforeAll(async () => {
  lab = await openGitHub()
})
afterAll(() => lab.close())
beforeEach(() => Object.assign(lab.github.state, { ends: 'success', dispatchAnswers: 200, listsLate: 0 }))
afterEach(() => {
  lab.github.fault = undefined
  expect(lab.github.violations).toEqual([])
})

/** What was dispatched of a workflow. */
const runsOf = (workflow: unknown) => lab.github.state.runs.filter((run) => run.workflow === workflow)

/** A plan, with what one call of a verb needs. */
async function ready(step: Record<string, unknown>, more: Partial<CallContext> = {}) {
  const context = contextFor(await lab.connect(), more)
  const plan = await planOf(target, step, context)
  const once = () => target.apply(target.schema.parse(step) as never, plan, context)
  return { step, context, plan, once, workflow: step['workflow'] as string }
}

for (const answers of [200, 204] as const)
  it(`starts once where GitHub answers ${answers}, also while its lists are late`, async () => {
    Object.assign(lab.github.state, { dispatchAnswers: answers, listsLate: 3 })
    const { step, plan, context, workflow } = await ready(stepOf(lab.workflow()))
    const state = await applied(target, step, plan, context)
    expect(runsOf(workflow).map(({ inputs }) => inputs)).toEqual([
      { version: 'v1.8', rollback_id: expect.stringMatching(/^unwind-[0-9a-f]{20}$/) },
    ])
    const verdict = await verified(target, step, state, context)
    expect([verdict.status, verdict.evidence.facts?.['url']]).toEqual([
      'pass',
      expect.stringContaining('/actions/runs/'),
    ])
  })

it('an attempt after another one waits for what that may have sent, and then finds it', async () => {
  const { plan, once, context, step, workflow } = await ready(stepOf(lab.workflow()), { retried: true })
  expect(await once()).toMatchObject({ doing: expect.stringContaining('earlier dispatch') })
  expect(runsOf(workflow)).toEqual([])
  // The dead worker's request arrives.
  const first = contextFor(await lab.connect(), { rollbackId: context.rollbackId })
  await target.apply(target.schema.parse(step) as never, plan, first)
  await applied(target, step, plan, context)
  expect(runsOf(workflow)).toHaveLength(1)
})

it('a second run that a late request has started is stopped', async () => {
  lab.github.state.ends = undefined
  const { plan, once, context, step, workflow } = await ready(stepOf(lab.workflow()))
  await once()
  const late = contextFor(await lab.connect(), { rollbackId: context.rollbackId })
  const [run] = runsOf(workflow)
  Object.assign(run ?? {}, { unseen: 1 })
  await target.apply(target.schema.parse(step) as never, plan, late)
  expect(runsOf(workflow)).toHaveLength(2)
  expect(await once()).toMatchObject({ doing: expect.stringContaining('second run') })
  lab.github.state.ends = 'success'
  await applied(target, step, plan, context)
  expect(runsOf(workflow).map(({ conclusion }) => conclusion)).toEqual(['success', 'cancelled'])
})

it('an environment that has reviewers is shown as what it is: people are waited for', async () => {
  lab.github.state.ends = undefined
  lab.github.state.environments.set('production', { reviewers: ['ann', 'bob'] })
  const { plan, once, workflow } = await ready(stepOf(lab.workflow()))
  expect(plan.impact).toEqual([expect.stringContaining('environment production')])
  await once()
  Object.assign(runsOf(workflow)[0] ?? {}, { status: 'waiting', waitsFor: 'production' })
  expect(await once()).toMatchObject({
    doing: expect.stringMatching(/waits for people: environment production is to be approved by ann or bob; https:/),
  })
})

it('a run that fails is told by job, step and link; one that is re-run there is taken up', async () => {
  const { plan, once, context, step, workflow } = await ready(stepOf(lab.workflow()))
  await once()
  const [run] = runsOf(workflow)
  const steps = [
    { name: 'Check out', conclusion: 'success' },
    { name: 'Apply', conclusion: 'failure' },
  ]
  const jobs = [
    { name: 'build', conclusion: 'success', steps: [] },
    { name: 'deploy', conclusion: 'failure', steps },
  ]
  Object.assign(run ?? {}, { status: 'completed', conclusion: 'failure', jobs })
  const error = await errorOf(once)
  expect(error).toMatchObject({ code: 'TARGET_REJECTED', facts: { job: 'deploy', step: 'Apply' } })
  expect(error.message).toMatch(/ended as failure: job deploy, step Apply; see https:\S+\/job\/\d+\. Re-run it there/)
  Object.assign(run ?? {}, { status: 'queued', conclusion: null, attempt: 2 })
  const state = await applied(target, step, plan, context)
  expect((await verified(target, step, state, context)).evidence.summary).toContain('attempt 2')
  expect(runsOf(workflow)).toHaveLength(1)
})

it('an abort cancels the run', async () => {
  lab.github.state.ends = undefined
  const { plan, once, context, step, workflow } = await ready(stepOf(lab.workflow()))
  await once()
  await gitHubActions.cancel?.(gitHubActions.schema.parse(step), plan as never, context as never)
  expect(runsOf(workflow)).toMatchObject([{ conclusion: 'cancelled' }])
})

it('what GitHub would refuse is refused by the plan, all of it at once', async () => {
  const inputs = { where: { type: 'choice', options: ['eu', 'us'] }, needed: { required: true }, rollback_id: {} }
  const strange = lab.workflow({ 'run-name': 'Roll back', on: { workflow_dispatch: { inputs } } })
  const refused = async (step: Record<string, unknown>) => (await errorOf(() => ready(step))).message
  const told = await refused(stepOf(strange, { inputs: { version: 'v1', where: 'asia' } }))
  for (const part of [
    'no input version',
    'where takes eu, us',
    'needs the input needed',
    'run-name: Rollback ${{ inputs.rollback_id }}',
  ])
    expect(told).toContain(part)
  expect(await refused(stepOf(lab.workflow({ on: ['push'] })))).toContain('does not run on workflow_dispatch')
  const off = lab.workflow()
  lab.github.state.disabled.add(off)
  expect(await refused(stepOf(off))).toContain('switched off')
  expect(await refused(stepOf('none.yml'))).toContain('has to be on the default branch')
  expect(await refused(stepOf(lab.workflow(), { ref: 'nowhere' }))).toContain('at nowhere')
})

it('a branch is warned of, a tag is not; whoever may not start it is told before', async () => {
  const workflow = lab.workflow()
  lab.place.git('tag', 'rollback-tools-1', 'main')
  expect((await ready(stepOf(workflow))).plan.warnings.map(({ code }) => code)).toEqual(['MOVING_REF'])
  const step = stepOf(workflow, { ref: 'rollback-tools-1' })
  expect((await ready(step)).plan.warnings).toEqual([])
  const reader = contextFor(await lab.connect(lab.github.url, 'reader'))
  expect((await planOf(target, step, reader)).warnings).toMatchObject([{ code: 'MAY_NOT_DISPATCH', confirm: true }])
})

it('without undo: it can’t be taken back; with it, another workflow is started the same way', async () => {
  const [there, back] = [lab.workflow(), lab.workflow()]
  expect((await ready(stepOf(there))).plan.reversible).toMatchObject({ because: expect.stringContaining('undo:') })
  const step = stepOf(there, { undo: { workflow: back, inputs: { version: 'v1.9' } } })
  const { plan, context } = await ready(step)
  expect(plan.reversible).toBe(true)
  const state = await applied(target, step, plan, context)
  const home = await applied(target, step, { from: state, to: plan.from }, context)
  expect(runsOf(back)).toMatchObject([{ inputs: { version: 'v1.9' }, conclusion: 'success' }])
  expect((await verified(target, step, home, context)).status).toBe('pass')
  const later = contextFor(await lab.connect(), { towards: plan.from })
  expect((await planOf(target, step, later)).summary).toContain(back)
  const without = errorOf(() => planOf(target, stepOf(there), later))
  expect((await without).code).toBe('NO_ROLLBACK_TARGET')
})

it('a release goes to the input that is named for it, as the ledger knows it', async () => {
  const release = (version: string, verified: boolean) => ({
    ...{ version, verified, images: [], deployedAt: 1, denied: false, migrations: [] },
  })
  const ledger: Ledger = { releases: [release('v3', false), release('v2', false), release('v1', true)] }
  const step = stepOf(lab.workflow(), { inputs: {}, release: 'version', to: 'last-good' })
  const { plan } = await ready(step, { ledger: async () => ledger })
  expect(plan).toMatchObject({ release: 'v1', to: { by: { inputs: { version: 'v1' } } } })
  expect(plan.changes).toContainEqual({ path: 'inputs.version', to: 'v1' })
  const none = await errorOf(() => ready({ ...step, to: 'v9' }, { ledger: async () => ledger }))
  expect([none.code, none.message]).toEqual(['NO_ROLLBACK_TARGET', expect.stringContaining('v3, v2, v1')])
  const parsed = gitHubActions.schema.safeParse({ ...step, to: undefined })
  expect(parsed.error?.issues[0]?.message).toBe('release and to go together')
})

it('limits of GitHub are waited for as it says, and a token that is none is told', async () => {
  const { once } = await ready(stepOf(lab.workflow()))
  lab.github.fault = { status: 403, headers: { 'retry-after': '7' } }
  expect(await errorOf(once)).toMatchObject({ code: 'TARGET_UNREACHABLE', facts: { again: 7_000 } })
  lab.github.fault = { status: 429, headers: { 'retry-after': '9' } }
  expect(await errorOf(once)).toMatchObject({ code: 'TARGET_UNREACHABLE', facts: { again: 9_000 } })
  lab.github.fault = { status: 401 }
  expect(await errorOf(once)).toMatchObject({ code: 'TARGET_FORBIDDEN' })
})

it('a GitHub App asks for a token of its installation, and keeps it while it lasts', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const key = join(lab.git.server.folder, 'app.pem')
  writeFileSync(key, privateKey.export({ type: 'pkcs1', format: 'pem' }))
  lab.github.state.appKey = publicKey
  const { pin } = lab.credentials()
  const connection = await gitHubActions.connect({ app: { id: '7', installation: '42', key }, pin }, 'github')
  const before = lab.github.asked.length
  const step = stepOf(lab.workflow(WORKFLOW))
  const plan = await planOf(target, step, contextFor(connection))
  await applied(target, step, plan, contextFor(connection))
  const asked = lab.github.asked.slice(before).filter(({ path }) => path.startsWith('/app/'))
  expect(asked).toHaveLength(1)
  expect(plan.warnings.map(({ code }) => code)).toEqual(['MOVING_REF'])
})
