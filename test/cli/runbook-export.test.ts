import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { unwind } from './unwind.ts'

const examples = fileURLToPath(new URL('../../examples/', import.meta.url))
const checkout = `${examples}runbooks/checkout.yaml`

describe('unwind runbook export', () => {
  test('writes the break-glass script of a file, and says on stderr what it could not say', async () => {
    const { code, stdout, stderr } = await unwind(['runbook', 'export', checkout, '--as', 'script', '-e', 'production'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^#!\/bin\/sh\n/)
    expect(stdout).toContain('-n shop rollout undo deployment/checkout')
    expect(stderr).toBe('Note: the address of the connection checkout is not known; a person looks at it.\n')
  })

  test('reads stdin, and writes what GitHub takes', async () => {
    const input = await readFile(checkout, 'utf8')
    const { code, stdout } = await unwind(['runbook', 'export', '-', '--as', 'github-actions'], { input })
    expect(code).toBe(0)
    expect(parse(stdout)).toMatchObject({ on: { workflow_dispatch: { inputs: { environment: { type: 'choice' } } } } })
  })

  test('an environment, a form and a file that are not there are usage errors', async () => {
    const wrong = await unwind(['runbook', 'export', checkout, '--as', 'script', '-e', 'moon'])
    expect(wrong).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('no environment moon') })
    expect(await unwind(['runbook', 'export', checkout, '--as', 'fax'])).toMatchObject({ code: 2, stdout: '' })
    expect(await unwind(['runbook', 'export', './none.yaml', '--as', 'script'])).toMatchObject({ code: 2, stdout: '' })
  })
})
