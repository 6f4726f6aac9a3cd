import { execFile } from 'node:child_process'
import { symlink, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { RunbookDocument } from '../../activities/runbook.ts'
import { exportRunbook } from '../../exchange/export/index.ts'
import { findBinary } from '../../tools/find.ts'
import { type Lab, openLab } from './kubernetes-lab.ts'

let lab: Lab
beforeAll(async () => {
  lab = await openLab(inject('kubeconfig'))
})
afterAll(() => lab.close())

test('the break-glass script takes a Deployment back on a real control plane, to the ReplicaSet that was recorded', async () => {
  for (const version of ['3.6', '3.7', '3.8']) await lab.deploy('shop', { image: version })
  const [good] = await lab.replicaSets('shop')
  const exact = { app: { replicaSet: good?.metadata.name ?? '' } }
  expect(await carryOut(exact, ['yes'])).toMatchObject({ code: 0 })
  expect((await lab.workload('shop')).spec.template).toMatchObject({ spec: good?.spec.template.spec })
  // Its number has moved by then, and it is already there: going there once more changes nothing.
  const { generation } = (await lab.workload('shop')).metadata
  expect(await carryOut(exact, ['yes'])).toMatchObject({ code: 0, stderr: expect.stringContaining('skipped rollback') })
  expect((await lab.workload('shop')).metadata.generation).toBe(generation)
})

test('where nothing was recorded it lists the revisions of this workload, and a person names one', async () => {
  for (const version of ['3.6', '3.7']) await lab.deploy('web', { image: version })
  await lab.deploy('web-other', { image: '3.8' })
  const ended = await carryOut({}, ['1', 'yes'], 'web')
  expect(ended.code).toBe(0)
  expect(ended.stderr).toMatch(/^REVISION +WORKLOAD/m)
  expect(ended.stderr).toMatch(/^1 +web /m)
  expect(ended.stderr).not.toMatch(/web-other /)
  const [, back] = await lab.replicaSets('web')
  expect((await lab.workload('web')).spec.template).toMatchObject({ spec: back?.spec.template.spec })
})

test('the previous revision is made a number before anything changes', async () => {
  for (const image of ['3.6', '3.7', '3.8']) await lab.deploy('prev', { image })
  const before = await lab.replicaSets('prev')
  const ended = await carryOut({}, ['yes'], 'prev', { to: 'previous' })
  expect(ended).toMatchObject({ code: 0, stderr: expect.stringContaining('--to-revision=2') })
  expect((await lab.workload('prev')).spec.template).toMatchObject({ spec: before[1]?.spec.template.spec })
})

/** Carries out the script of a runbook with one step and one check, with the real kubectl. */
async function carryOut(
  exact: Record<string, { replicaSet: string }>,
  answers: readonly string[],
  name = 'shop',
  more: object = {},
) {
  const document = RunbookDocument.parse({
    ...{ apiVersion: 'unwind/v1', kind: 'Runbook', metadata: { name, service: name } },
    steps: [
      { id: 'app', kind: 'kubernetes', workload: `deployment/${name}`, namespace: lab.namespace, ...more },
      { id: 'holds', kind: 'check', every: '1s', within: '30s', consecutive: 2, all: [{ pods: 'healthy', of: 'app' }] },
      { id: 'seen', kind: 'manual', text: 'See that it serves' },
    ],
  })
  const path = join(lab.folder, `${name}.sh`)
  await writeFile(path, exportRunbook('script', document, { exact }).text)
  const kubectl = await findBinary('kubectl')
  await symlink(kubectl, join(lab.folder, 'kubectl')).catch(() => undefined)
  const env = {
    PATH: `${dirname(path)}${delimiter}${process.env['PATH']}`,
    KUBECONFIG: inject('kubeconfig'),
    HOME: dirname(path),
  }
  return new Promise<{ code: number; stderr: string }>((resolve) => {
    const child = execFile('/bin/sh', [path], { env, timeout: 90_000 }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stderr: `${stdout}${stderr}` }),
    )
    child.stdin?.end(answers.map((line) => `${line}\n`).join(''))
  })
}
