import { getMarkdown, getRollback, type Rollback } from '../calls.ts'
import type { Line } from '../render/span.ts'
import type { Stage } from './stage.ts'

/** The report of the last rollback, and where to look round. */
export async function close(stage: Stage, { runId }: Rollback): Promise<void> {
  const { client, place, terminal, show, ground } = stage
  const [report, rollback] = await Promise.all([getMarkdown(client, place, runId), getRollback(client, place, runId)])
  stage.heading('The report of the third one')
  terminal.print(report.trimEnd())
  stage.heading('Look round')
  const lines: [string, string][] = [
    ['API and its documentation', `${client.url}/docs`],
    ['This run in Temporal', rollback.temporalUi ?? stage.temporal.uiUrl],
    ['All rollbacks', `unwind list --url ${client.url}`],
    [
      'What could be gone back to',
      `unwind history deployment/checkout -n ${ground.namespace} -e ${place.environment} --url ${client.url}`,
    ],
    ['Your own cluster', 'unwind init --context <context> -n <namespace>'],
  ]
  show(
    lines.map(
      ([what, where]): Line => [
        ['dim', what.padEnd(28)],
        ['plain', where],
      ],
    ),
  )
  terminal.say('')
}
