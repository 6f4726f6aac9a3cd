import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { unwind } from './unwind.ts'

const examples = fileURLToPath(new URL('../../examples/runbooks/', import.meta.url))
const checkout = join(examples, 'checkout.yaml')
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unwind-runbooks-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** A copy of the example with something spoiled. */
async function spoiled(name: string, from: string, to: string): Promise<string> {
  const path = join(folder, name)
  const text = await readFile(checkout, 'utf8')
  expect(text).toContain(from)
  await writeFile(path, text.replace(from, to))
  return path
}

/** What `show` says of a file, for programs. */
async function shown(path: string): Promise<{ revision: string }> {
  return JSON.parse((await unwind(['runbook', 'show', path, '-o', 'json'])).stdout) as { revision: string }
}

describe('unwind runbook lint', () => {
  test('says of a runbook that is in order who will know what its expressions read', async () => {
    const { code, stdout, stderr } = await unwind(['runbook', 'lint', 'checkout.yaml'], { cwd: examples })
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(stderr).toMatchInlineSnapshot(`
      "✔ checkout.yaml; its expressions read:
          plan     from the plan, once it is made
          alert    from the alert that asked for the run
          release  from the history of the systems that the first steps change
      "
    `)
  })

  test('names file, line and column of everything that is wrong, and what was meant', async () => {
    await spoiled('a.yaml', 'onNo: { run: app-only }', 'onNo: { run: app-onyl }')
    await spoiled('b.yaml', 'size(release.migrations)', 'size(release.migratons)')
    await spoiled('c.yaml', 'consecutive: 4', 'consecutiv: 4')
    const { code, stdout } = await unwind(['runbook', 'lint', 'a.yaml', 'b.yaml', 'c.yaml'], { cwd: folder })
    expect(code).toBe(2)
    expect(stdout).toMatchInlineSnapshot(`
      "a.yaml:42:13: decision[1].onNo.run: there is no procedure app-onyl; did you mean app-only?
      a.yaml:45:3: procedures.app-only: no answer leads to procedure app-only
      b.yaml:40:5: decision[1].evidence: release has no migratons; did you mean migrations?
      c.yaml:54:7: procedures.app-only[1]: unknown key "consecutiv"; did you mean consecutive?
      "
    `)
  })

  test('writes JSON for programs, and reads stdin', async () => {
    const input = await readFile(await spoiled('d.yaml', 'kind: Runbook', 'kind: Runbok'), 'utf8')
    const { code, stdout } = await unwind(['runbook', 'lint', '-', '-o', 'json'], { input })
    expect(code).toBe(2)
    expect(JSON.parse(stdout)).toEqual([
      {
        file: '-',
        problems: [{ path: 'kind', message: 'must be Runbook; did you mean Runbook?', line: 10, column: 1 }],
        expressions: [],
      },
    ])
  })

  test('a configuration is asked for the names that the runbook takes from it', async () => {
    const path = await spoiled('e.yaml', 'finished: [log]', 'finished: [lgo]')
    expect((await unwind(['runbook', 'lint', path])).code).toBe(0)
    const config = join(fileURLToPath(new URL('../../examples/production/', import.meta.url)), 'unwind.yaml')
    const { code, stdout } = await unwind(['runbook', 'lint', path, '-c', config])
    expect(code).toBe(2)
    expect(stdout).toContain('did you mean log?')
  })

  test('what can’t be read is a wrong use of the command', async () => {
    const { code, stderr } = await unwind(['runbook', 'lint', 'absent.yaml'], { cwd: folder })
    expect({ code, stderr }).toEqual({ code: 2, stderr: 'error: absent.yaml cannot be read (ENOENT).\n' })
  })
})

describe('unwind runbook fmt', () => {
  test('every example is in order already', async () => {
    const files = (await readdir(examples)).map((name) => join(examples, name))
    expect(await unwind(['runbook', 'fmt', '--check', ...files])).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  test('puts a file in order, keeps its comments, and then finds nothing more to do', async () => {
    const text = [
      '# Why this is here',
      'kind: Runbook',
      'steps:',
      '    # takes it back',
      "    -   {workload: deployment/shop,   id: 'app', kind: kubernetes} # the whole shop",
      'metadata:',
      '    service: shop # as in the registry',
      '    name: shop',
      'apiVersion: unwind/v1',
      '',
    ].join('\n')
    const path = join(folder, 'shop.yaml')
    await writeFile(path, text)
    expect(await unwind(['runbook', 'fmt', '--check', path])).toMatchObject({ code: 2, stdout: `${path}\n` })
    expect(await readFile(path, 'utf8')).toBe(text)
    expect(await unwind(['runbook', 'fmt', path])).toMatchObject({ code: 0, stderr: `Wrote ${path}.\n` })
    expect(await readFile(path, 'utf8')).toMatchInlineSnapshot(`
      "# Why this is here
      apiVersion: unwind/v1
      kind: Runbook
      metadata:
        name: shop
        service: shop # as in the registry
      steps:
        # takes it back
        - { id: 'app', kind: kubernetes, workload: deployment/shop } # the whole shop
      "
    `)
    expect(await unwind(['runbook', 'fmt', '--check', path])).toMatchObject({ code: 0 })
  })

  test('from stdin to stdout', async () => {
    const input = await readFile(checkout, 'utf8')
    expect(await unwind(['runbook', 'fmt', '-'], { input })).toEqual({ code: 0, stdout: input, stderr: '' })
  })
})

describe('unwind runbook graph', () => {
  test('draws the tree and the procedures', async () => {
    const { code, stdout } = await unwind(['runbook', 'graph', checkout])
    expect(code).toBe(0)
    expect(stdout).toMatchInlineSnapshot(`
      "checkout  takes checkout back

      ? linked  Is the problem linked to the last deployment?
      │   alert.startsAt - release.deployedAt < duration("30m")
      ├─ yes  ? migrations  Does this deployment carry database migrations?
      │       │   size(release.migrations) > 0
      │       ├─ yes  ▶ with-database
      │       └─ no   ▶ app-only
      └─ no   ■ Investigate other causes.

      ▶ app-only
         1   app      kubernetes  deployment/checkout → last-good
         2   healthy  check       GET checkout /healthz is 200 in less than 500ms, pods of app are healthy

      ▶ with-database
         1   compatible  manual      See that the older version can read what the migrations left; if it
                                     cannot, say no
         2   agreed      approve     Go back although the schema stays as it is (1 of dba)
         3 ╭ worker      kubernetes  deployment/checkout-worker → last-good
           ╰ app         kubernetes  deployment/checkout → last-good
         4   healthy     check       GET checkout /healthz is 200 in less than 500ms, pods of app are
                                     healthy, pods of worker are healthy
      "
    `)
  })

  test('as Mermaid', async () => {
    const { code, stdout } = await unwind(['runbook', 'graph', checkout, '-o', 'mermaid'])
    expect(code).toBe(0)
    expect(stdout).toMatchInlineSnapshot(`
      "flowchart TD
        q1{"Is the problem linked to the last deployment?"}
        q1 -- yes --> q2
        q1 -- no --> s3(["Investigate other causes."])
        q2{"Does this deployment carry database migrations?"}
        q2 -- yes --> p4
        q2 -- no --> p5
        subgraph p5["app-only"]
          direction TB
          s6["app #40;kubernetes#41;<br/>deployment/checkout → last-good"]
          s7["healthy #40;check#41;<br/>GET checkout /healthz is 200 in less than 500ms, pods of app are healthy"]
          s6 --> s7
        end
        subgraph p4["with-database"]
          direction TB
          s8["compatible #40;manual#41;<br/>See that the older version can read what the migrations left#59; if it cannot, say no"]
          s9["agreed #40;approve#41;<br/>Go back although the schema stays as it is #40;1 of dba#41;"]
          s8 --> s9
          s10["worker #40;kubernetes#41;<br/>deployment/checkout-worker → last-good"]
          s9 --> s10
          s11["app #40;kubernetes#41;<br/>deployment/checkout → last-good"]
          s9 --> s11
          s12["healthy #40;check#41;<br/>GET checkout /healthz is 200 in less than 500ms, pods of app are healthy, pods of worker are healthy"]
          s10 --> s12
          s11 --> s12
        end
      "
    `)
  })
})

describe('unwind runbook show', () => {
  test('says everything that the runbook holds, and by which revision it is known', async () => {
    const { code, stdout } = await unwind(['runbook', 'show', checkout])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^revision +[0-9a-f]{64}$/m)
    for (const text of ['team-payments', 'production', '2 of sre, not whoever asked', 'Confirm with the business'])
      expect(stdout).toContain(text)
  })

  test('the revision does not depend on layout, order or comments', async () => {
    const path = join(folder, 'same.yaml')
    const written = parse(await readFile(checkout, 'utf8')) as object
    await writeFile(path, JSON.stringify(Object.fromEntries(Object.entries(written).reverse())))
    const [first, again] = await Promise.all([checkout, path].map(shown))
    expect(first?.revision).toMatch(/^[0-9a-f]{64}$/)
    expect(again?.revision).toBe(first?.revision)
  })

  test('a runbook that can’t be read is shown as what is wrong with it', async () => {
    const path = await spoiled('f.yaml', 'steps', 'stepss').catch(() => spoiled('f.yaml', 'procedures:', 'proceduers:'))
    const { code, stderr } = await unwind(['runbook', 'show', path])
    expect(code).toBe(2)
    expect(stderr).toContain('did you mean procedures?')
  })
})
