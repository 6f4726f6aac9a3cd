import { inject, test } from 'vitest'
import { openHands } from '../../cli/demo/kubernetes.ts'
import { until } from '../support/until.ts'
import { unwind } from './unwind.ts'

// At once: both mostly wait for pods. A minute on two idle cores is more than either needs.
const limit = { timeout: 240_000 }

test.concurrent(
  'the demo plays its three acts on servers of its own, and ends by itself',
  limit,
  async ({ expect }) => {
    const { code, stdout, stderr } = await unwind(['demo', '--once'])
    expect(stderr).toContain('Recovered: checkout runs v1.8 again')
    expect(stderr).toMatch(/Recovered all the same: worker \d+ went on where worker \d+ had died/)
    expect(stderr).toMatch(/TARGET_FORBIDDEN.*may not patch deployments\.apps/)
    expect(stdout).toMatch(/^# Rollback of checkout in demo: recovered/)
    expect(code).toBe(0)
  },
)

test('an incident is not played in a cluster of somebody else', async ({ expect }) => {
  const { code, stderr } = await unwind(['demo', '--incident', '--context', 'theirs'])
  expect([code, stderr]).toEqual([2, expect.stringContaining('leave out --kubeconfig')])
})

test.concurrent(
  "the demo asks before it touches a reader's cluster, and takes away what it made",
  limit,
  async ({ expect }) => {
    const kubeconfig = inject('kubeconfig')
    const hands = openHands(kubeconfig, undefined)
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'unwind-demo' } }
    const asked = await unwind(['demo', '--once', '--kubeconfig', kubeconfig])
    expect(asked).toMatchObject({ code: 2, stderr: expect.stringContaining('agree with --yes') })
    expect(await hands.read(namespace)).toBeUndefined()
    const played = await unwind(['demo', '--once', '--kubeconfig', kubeconfig, '--yes'])
    expect(played).toMatchObject({ code: 0, stdout: expect.stringContaining('recovered') })
    await until(
      () => hands.read(namespace),
      (found) => found === undefined,
      () => 'the namespace is still there',
      60_000,
    )
  },
)
