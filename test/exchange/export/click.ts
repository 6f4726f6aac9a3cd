import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { parse } from 'yaml'
import { exportRunbook } from '../../../exchange/export/index.ts'
import type { Runbook } from '../../../model/runbook/document.ts'
import { findBinary } from '../../../tools/find.ts'
import { type Ended, run } from './run.ts'

interface Workflow {
  jobs: {
    rollback: { env: Record<string, string>; steps: { name: string; run: string; env?: Record<string, string> }[] }
  }
}

/** Carries out the scripts of the exported workflow's steps as a runner does, until one fails; the last is for always. */
export async function carriedOut(document: Runbook, given: { address: string; inputs: Record<string, string> }) {
  const folder = await mkdtemp(join(tmpdir(), 'unwind-click-'))
  try {
    await mkdir(join(folder, 'bin'))
    await symlink(await findBinary('gojq'), join(folder, 'bin', 'jq'))
    const [output, summary] = [join(folder, 'output'), join(folder, 'summary')]
    await Promise.all([writeFile(output, ''), writeFile(summary, '')])
    const { rollback } = (parse(exportRunbook('github-actions', document).text) as Workflow).jobs
    const ended: Ended[] = []
    for (const step of rollback.steps) {
      const place = /^place=(.*)$/m.exec(await readFile(output, 'utf8'))?.[1] ?? ''
      if (ended.some(({ code }) => code !== 0) && step.name !== 'Report') continue
      if (step.name === 'Report' && place === '') continue
      const written = Object.entries({ ...rollback.env, ...step.env })
      const env = {
        ...Object.fromEntries(written.map(([name, value]) => [name, evaluated(value, { ...given, place })])),
        PATH: `${join(folder, 'bin')}${delimiter}${process.env['PATH']}`,
        ...{ GITHUB_RUN_ID: '77', GITHUB_RUN_ATTEMPT: '1' },
        ...{ GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: summary, UNWIND_POLL: '0.05' },
      }
      ended.push(await run('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step.run], { cwd: folder, env }))
    }
    return { ended, output: await readFile(output, 'utf8'), summary: await readFile(summary, 'utf8') }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The only expressions that the workflow holds. */
function evaluated(
  text: string,
  { address, inputs, place }: { address: string; inputs: Record<string, string>; place: string },
): string {
  const expression = /^\$\{\{ (.*) \}\}$/.exec(text)?.[1] ?? text
  if (expression === 'vars.UNWIND_URL') return address
  if (expression === 'secrets.UNWIND_TOKEN') return 'secret'
  if (expression === 'steps.start.outputs.place') return place
  return inputs[expression.replace(/^inputs\./, '')] ?? ''
}
