import { resolve } from 'node:path'
import { getMarkdown, getRollback, type Rollback } from '../calls.ts'
import { DEFAULT_URL } from '../client.ts'
import type { Line } from '../render/span.ts'
import type { Stage } from './stage.ts'

/** What is told apart: the heading of the report, the release that went away, and what a command line needs beside the URL. */
export interface Closing {
  heading: string
  release: string
  token?: string
}

/** The report of the last rollback, and where to look round. */
export async function close(stage: Stage, { runId }: Rollback, { heading, release, token }: Closing): Promise<void> {
  const { client, place, terminal, show, ground } = stage
  const [report, rollback] = await Promise.all([getMarkdown(client, place, runId), getRollback(client, place, runId)])
  stage.heading(heading)
  terminal.print(report.trimEnd())
  stage.heading('Look round')
  const lines: [string, string][] = [
    ['API and its documentation', `${client.url}/docs`],
    ['This run in Temporal', rollback.temporalUi ?? stage.temporal.uiUrl],
    [
      'In another terminal',
      `alias unwind='${[process.execPath, ...process.execArgv, resolve(process.argv[1] ?? '')].join(' ')}'`,
    ],
    ...(client.url === DEFAULT_URL ? [] : [['', `export UNWIND_URL=${client.url}`] as [string, string]]),
    ...(token === undefined ? [] : [['', `export UNWIND_TOKEN=${token}`] as [string, string]]),
    ['', 'unwind list'],
    ['', `unwind history deployment/checkout -n ${ground.namespace} -e ${place.environment}`],
    ['', `unwind undo checkout -e ${place.environment} --reason "${release} was fine after all"`],
    ['With your own cluster', 'unwind init --context <context> -n <namespace>'],
  ]
  show(
    lines.map(
      ([what, where]): Line => [
        ['dim', what.padEnd(27)],
        ['plain', where],
      ],
    ),
  )
  terminal.say('')
}
