import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { playbookOf, type Surroundings } from '../../../exchange/export/playbook.ts'
import { comment, quote, quoteTemplate } from '../../../exchange/export/quote.ts'
import { scriptOf } from '../../../exchange/export/script/script.ts'
import { findBinary } from '../../../tools/find.ts'
import { run } from './run.ts'
import { AROUND, CHECKOUT, HOSTILE, runbook } from './runbooks.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unwind-export-'))
})
afterAll(async () => rm(folder, { recursive: true, force: true }))

describe('the quoting', () => {
  test('any text is one word to the shell, as it was', { timeout: 60_000 }, () => {
    const text = fc.string({ unit: 'binary' }).map((value) => value.replaceAll('\0', ''))
    const nasty = fc.stringMatching(/^[-='"\\$`!*?~{}[\]();&|<>#%\n\t ab]*$/)
    fc.assert(
      fc.property(fc.array(fc.oneof(text, nasty), { minLength: 1, maxLength: 40 }), (texts) => {
        const said = execFileSync('/bin/sh', ['-c', `printf '%s\\0' ${texts.map(quote).join(' ')}`])
        expect(said.toString().split('\0').slice(0, -1)).toEqual(texts)
      }),
      { numRuns: 100 },
    )
  })

  test('what a parameter holds is neither split nor expanded nor run', () => {
    const written = quoteTemplate("it's {{ parameters.a }} $x {{parameters.a}}", (name) => `p_${name}`)
    const value = "'; echo no; ' * $(echo no)"
    const said = execFileSync('/bin/sh', ['-c', `p_a=$1; printf '%s\\0' ${written}`, 'sh', value]).toString()
    expect(said).toBe(`it's ${value} $x ${value}\0`)
  })

  test('nothing ends a comment', () => {
    for (const end of ['\n', '\r', '\r\n', '\u2028', '\u0085', '\f'])
      expect(comment(`a${end}b`).every((line) => line.startsWith('# '))).toBe(true)
  })
})

describe('the break-glass script', () => {
  test.each([
    ['of a whole runbook', CHECKOUT, AROUND],
    ['with nothing known around it', CHECKOUT, { environment: 'staging' }],
    ['of hostile texts', HOSTILE, { connections: { site: { kind: 'http', origin: 'https://site.example.org' } } }],
    ['with exact ReplicaSets', CHECKOUT, { ...AROUND, exact: { app: { replicaSet: 'checkout-7d9' } } }],
  ])('satisfies ShellCheck: %s', async (name, text, around: Surroundings) => {
    const path = join(folder, `${name.replaceAll(' ', '-')}.sh`)
    await writeFile(path, made(text, around))
    const said = await run(await findBinary('shellcheck'), ['--shell=sh', '--format=gcc', path])
    expect(said).toMatchObject({ stdout: '', code: 0 })
  })

  test('runs the exact commands in their order, asks what people answer, and looks until it has passed in a row', async () => {
    const seen = await carryOut(made(CHECKOUT, AROUND), ['yes', 'yes', 'yes', 'yes', 'yes'])
    expect(seen.code).toBe(0)
    expect(seen.calls).toEqual([
      'kubectl config view --minify -o jsonpath={.clusters[0].cluster.server}',
      'kubectl -n shop rollout undo deployment/checkout --to-revision=3',
      'kubectl -n shop rollout status deployment/checkout --timeout=600s',
      ...['curl', 'kubectl -n shop rollout status deployment/checkout --timeout=5s'],
      ...['curl', 'kubectl -n shop rollout status deployment/checkout --timeout=5s'],
    ])
    for (const said of [
      'Confirm the problem [yes/no]',
      'Is it linked to the last deployment? [yes/no]',
      'passed 2 of 2',
    ])
      expect(seen.stderr).toContain(said)
  })

  test('stops without a change where a person says no, and says who to call', async () => {
    const seen = await carryOut(made(CHECKOUT, AROUND), ['yes', 'no'])
    expect(seen).toMatchObject({ code: 3, calls: [expect.stringContaining('config view')] })
    expect(seen.stderr).toContain('Investigate other causes.')
    expect(seen.stderr).toContain('escalation: @lead')
  })

  test('stops where nobody answers, and where an argument is not known', async () => {
    expect(await carryOut(made(CHECKOUT, AROUND), [])).toMatchObject({ code: 3 })
    expect(await carryOut(made(CHECKOUT, AROUND), [], { args: ['--force'] })).toMatchObject({ code: 2, calls: [] })
  })

  test('a failed command is tried again, or done by hand, as the person says; only what is optional is skipped', async () => {
    const script = made(CHECKOUT, AROUND)
    const again = await carryOut(script, ['yes', 'yes', 'skip', 'again', 'yes', 'yes', 'yes'], { fails: 1 })
    expect(again.code).toBe(0)
    expect(again.calls.filter((call) => call.includes('rollout undo'))).toHaveLength(2)
    const byHand = await carryOut(script, ['yes', 'yes', 'done', 'yes', 'yes', 'yes'], { fails: 1 })
    expect(byHand.code).toBe(0)
    expect(byHand.calls.filter((call) => call.includes('rollout undo'))).toHaveLength(1)
    expect(byHand.calls).toContain('kubectl -n shop rollout status deployment/checkout --timeout=600s')
  })

  test('a check that never passes fails after its time and is put to the person', async () => {
    const seen = await carryOut(made(CHECKOUT, AROUND), ['yes', 'yes', 'yes', 'stop'], { status: 503 })
    expect(seen.code).toBe(3)
    expect(seen.stderr).toContain('503 https://checkout.example.org/healthz')
    expect(seen.stderr).toContain('Stopped at: http checkout')
  })

  test('another cluster than the pinned one is asked about before anything else', async () => {
    const seen = await carryOut(made(CHECKOUT, AROUND), ['no'], { server: 'https://elsewhere.example.org' })
    expect(seen).toMatchObject({ code: 3, calls: [expect.stringContaining('config view')] })
    expect(seen.stderr).toContain('Wrong cluster.')
  })

  test('a recorded ReplicaSet is gone to by the number that it has now', async () => {
    const around = { ...AROUND, exact: { app: { replicaSet: 'checkout-7d9', revision: 3 } } }
    const seen = await carryOut(made(CHECKOUT, around), ['yes', 'yes', 'yes', 'yes', 'yes'])
    expect(seen.calls).toContain('kubectl -n shop rollout undo deployment/checkout --to-revision=17')
  })

  test('a release that is no number is named by a person from the list of what there is', async () => {
    const text = CHECKOUT.replace(', to: 3', '').replace(
      'decision:',
      'parameters: { release: { type: release, default: last-good } }\ndecision:',
    )
    const seen = await carryOut(made(text, AROUND), ['yes', 'yes', 'v1', '4', 'yes', 'yes', 'yes'])
    expect(seen.calls).toContain('kubectl -n shop rollout undo deployment/checkout --to-revision=4')
    expect(seen.stderr).toContain('the runbook says last-good')
    const told = await carryOut(made(text, AROUND), ['yes', 'yes', 'yes', 'yes', 'yes'], { args: ['release=5'] })
    expect(told.calls).toContain('kubectl -n shop rollout undo deployment/checkout --to-revision=5')
  })

  test('the previous revision is chosen once: trying again does not go back another one', async () => {
    const text = CHECKOUT.replace('to: 3', 'to: previous')
    const seen = await carryOut(made(text, AROUND), ['yes', 'yes', 'again', 'yes', 'yes', 'yes'], { fails: 1 })
    expect(seen.code).toBe(0)
    expect(seen.calls.filter((call) => call.includes('get replicasets'))).toHaveLength(1)
    const undo = 'kubectl -n shop rollout undo deployment/checkout --to-revision=9'
    expect(seen.calls.filter((call) => call.includes('rollout undo'))).toEqual([undo, undo])
  })

  test('a dry run shows the commands and changes nothing', async () => {
    const seen = await carryOut(made(CHECKOUT, AROUND), ['yes', 'yes', 'yes', 'yes', 'yes'], { args: ['--dry-run'] })
    expect(seen).toMatchObject({ code: 0, calls: [expect.stringContaining('config view')] })
    expect(seen.stderr).toContain('+ kubectl -n shop rollout undo deployment/checkout --to-revision=3')
  })

  test('an argument chooses the context of kubectl', async () => {
    const seen = await carryOut(made(CHECKOUT, AROUND), ['yes', 'no'], { args: ['context.production=prod admin'] })
    expect(seen.calls).toEqual([expect.stringContaining('kubectl --context=prod admin config view')])
  })

  test('no text of a runbook is ever carried out', async () => {
    const around = { connections: { site: { kind: 'http', origin: 'https://site.example.org' } } }
    const answers = ['yes', '1', 'yes', 'yes', 'yes', 'done', 'yes']
    const seen = await carryOut(made(HOSTILE, around), answers)
    expect(seen.files).not.toContain('owned')
    expect(seen.calls).toContain('kubectl -n shop rollout undo deployment/a --to-revision=1')
    expect((await carryOut(made(HOSTILE, around), ['no'])).files).not.toContain('owned')
  })

  test('what it can’t do by a command it asks for, and says so at its head', () => {
    const { text, remarks } = scriptOf(playbookOf(runbook(CHECKOUT), { environment: 'staging' }), {})
    expect(remarks).toEqual(['the address of the connection checkout is not known; a person looks at it'])
    expect(text).toContain('# Note: the address of the connection checkout is not known')
    expect(text).toContain('Looked at, and it holds: http checkout')
  })
})

function made(text: string, around: Surroundings): string {
  return scriptOf(playbookOf(runbook(text), around), around).text
}

interface World {
  args?: string[]
  /** So many commands that change something fail first. */
  fails?: number
  status?: number
  server?: string
}

/** Runs the script in a folder of its own, with programs of the same names that write down how they were called. */
async function carryOut(script: string, answers: readonly string[], world: World = {}) {
  const place = await mkdtemp(join(folder, 'run-'))
  const bin = join(place, 'bin')
  await mkdir(bin)
  await writeFile(join(place, 'script.sh'), script)
  await writeFile(join(place, 'calls'), '')
  await writeFile(join(place, 'fails'), 'x'.repeat(world.fails ?? 0))
  const server = world.server ?? 'https://k8s.example.org:6443'
  await program(bin, 'kubectl', [
    `printf 'kubectl %s\\n' "$*" >> ${join(place, 'calls')}`,
    `case "$*" in`,
    `  *'config view'*) printf %s '${server}' ;;`,
    `  *'get replicaset '*) printf 17 ;;`,
    `  *'get replicasets'*) printf 'REVISION WORKLOAD\\n9 checkout\\n11 other\\n10 checkout\\n2 checkout\\n' ;;`,
    `  *'rollout undo'*) [ ! -s ${join(place, 'fails')} ] || { : > ${join(place, 'fails')}; exit 1; } ;;`,
    'esac',
  ])
  const answer = `it'\\''s up\\n${world.status ?? 200} 0.01`
  await program(bin, 'curl', [`echo curl >> ${join(place, 'calls')}`, `printf '${answer}'`])
  const env = { PATH: `${bin}${delimiter}${process.env['PATH']}` }
  const ended = await run('/bin/sh', ['script.sh', ...(world.args ?? [])], {
    ...{ cwd: place, env },
    input: answers.map((line) => `${line}\n`).join(''),
  })
  const calls = (await readFile(join(place, 'calls'), 'utf8')).split('\n').filter(Boolean)
  return { ...ended, calls, files: await readdir(place) }
}

async function program(bin: string, name: string, lines: readonly string[]): Promise<void> {
  await writeFile(join(bin, name), ['#!/bin/sh', ...lines, ''].join('\n'))
  await chmod(join(bin, name), 0o755)
}
