import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { findBinary } from '../../tools/find.ts'
import { until } from '../support/until.ts'
import { type Ground, openGround } from './ground.ts'
import { unwind } from './unwind.ts'

const namespace = `lock-${randomUUID().slice(0, 8)}`

let ground: Ground
beforeAll(async () => {
  ground = await openGround(inject('kubeconfig'), inject('temporalAddress'), namespace)
})
afterAll(() => ground.close())

const image = (release: string) => `registry.example/shop/checkout:${release}`

/** What the API server says to a Deployment with this image; empty where it lets it in. */
async function refusal(release: string): Promise<string> {
  const kubectl = await findBinary('kubectl')
  const args = ['create', 'deployment', 'other', `--image=${image(release)}`, '-n', namespace, '--dry-run=server']
  return promisify(execFile)(kubectl, [...args, '--kubeconfig', inject('kubeconfig')]).then(
    () => '',
    (error: Error & { stderr?: string }) => error.stderr ?? error.message,
  )
}

test('a recorded release is gone back to without a question; the bad one is kept out of the cluster until it is unlocked', async () => {
  const type = (...args: string[]) => unwind(args, ground)
  const record = (release: string, ...more: string[]) =>
    type('release', 'record', 'checkout', '--release-version', release, '--image', image(release), ...more)
  expect(await record('v1', '--healthy')).toMatchObject({ code: 0 })
  await ground.deploy('v2', { bad: true })
  expect(await record('v2', '--commit', 'abcdef0')).toMatchObject({ code: 0 })
  const plan = await type('plan', 'deployment/checkout', '-n', namespace, '--to', 'last-good', '-o', 'json')
  const { steps } = JSON.parse(plan.stdout) as {
    steps: { plan: { release: string; lost: string[]; warnings: { code: string }[] } }[]
  }
  expect(steps[0]?.plan).toMatchObject({ release: 'v1', lost: ['release v2 (commit abcdef0)'] })
  expect(steps[0]?.plan.warnings.map(({ code }) => code)).not.toContain('UNVERIFIED_TARGET')
  const started = await type(
    'start',
    'deployment/checkout',
    '-n',
    namespace,
    '--to',
    'last-good',
    '-r',
    'v2 crashes',
    '--timeout',
    '90s',
  )
  expect(started).toMatchObject({ code: 0 })
  await until(
    () => type('may-deploy', 'checkout', '--release-version', 'v2'),
    ({ stdout }) => stdout.includes('DENIED'),
    (answer) => `it says ${answer?.stdout}`,
    30_000,
  )
  expect((await type('history', 'deployment/checkout', '-n', namespace)).stdout).toContain('verified by run')
  const locked = await type('lock', 'checkout', '-r', 'v2 crashes', '--enforce')
  expect(locked).toMatchObject({ code: 0, stderr: expect.stringContaining('validatingadmissionpolicy/unwind.') })
  await until(
    () => refusal('v2'),
    (text) => text.includes('v2 crashes'),
    (text) => `let in: ${text}`,
    60_000,
  )
  expect(await refusal('v3')).toBe('')
  expect(await type('unlock', 'checkout', '-r', 'v3 is mended')).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('Still denied: v2'),
  })
  await until(
    () => refusal('v2'),
    (text) => text === '',
    (text) => `refused still: ${text}`,
    60_000,
  )
})
