import { readdir, readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { kinds } from '../../activities/schemas.ts'
import { RollbackRequest } from '../../api/schemas/parameters.ts'
import { EXIT_MEANINGS } from '../../cli/exit.ts'
import { define } from '../../cli/program.ts'
import { readConfiguration } from '../../config/load.ts'
import { compile } from '../../model/compile.ts'

const folder = new URL('../../examples/', import.meta.url)
const production = readConfiguration(await readFile(new URL('production/unwind.yaml', folder), 'utf8'), 'unwind.yaml')

test.each(await readdir(new URL('requests/', folder)))(
  'the request %s is one that the production example takes',
  async (file) => {
    const request = RollbackRequest.parse(parse(await readFile(new URL(`requests/${file}`, folder), 'utf8')))
    const input = compile(request, production, kinds, { subject: 'anna', groups: ['sre'] })
    expect(input.policy.approvals).toHaveLength(1)
    expect(input.steps.every(({ taskQueue }) => taskQueue === 'production-network')).toBe(true)
  },
)

test('every command in the examples and the guide is one that there is, with options that it takes', async () => {
  const texts = await Promise.all(
    [
      'examples/ci/github-actions.yaml',
      'examples/requests/two-deployments.yaml',
      'docs/guide/cli.md',
      'docs/guide/runbooks.md',
    ].map((path) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8')),
  )
  const lines = texts.flatMap((text) =>
    [...text.matchAll(/(?:^ *|run: |# +)unwind ([^\n`]+)/gm)].map((match) => match[1] ?? ''),
  )
  expect(lines.length).toBeGreaterThan(20)
  const program = define(() => undefined)
  for (const line of lines) {
    const words = line.split(/\s+/)
    const command = commandOf(program, words)
    expect(command, `unwind ${line}`).toBeDefined()
    const options = words.filter((word) => /^--?[a-z]/.test(word)).map((word) => word.split('=')[0])
    for (const option of options)
      expect(
        command?.options.some(({ long, short }) => option === long || option === short),
        `unwind ${line}: ${option}`,
      ).toBe(true)
  }
})

/** The command that a line names, or the command within it. */
function commandOf(program: Command, words: readonly string[]): Command | undefined {
  const [name, ...rest] = words
  const command = program.commands.find((known) => known.name() === name)
  return command && command.commands.length > 0 ? (commandOf(command, rest) ?? command) : command
}

test('the guide has the exit codes of the help', async () => {
  const guide = await readFile(new URL('../../docs/guide/cli.md', import.meta.url), 'utf8')
  const rows = EXIT_MEANINGS.map(([code, meaning]) => `| ${code} | ${meaning} |`)
  expect(guide).toContain(rows.join('\n'))
})
