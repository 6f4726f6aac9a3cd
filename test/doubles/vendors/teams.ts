import { contractOf, documented, list, object, oneOf, text } from '../contract.ts'
import { type Double, startDouble } from '../double.ts'

/** The webhook of a Teams workflow: takes cards, and tells nothing of them. */
export interface Teams extends Double {
  cards: { body: { text?: string }[] }[]
}

const textBlock = object(
  { type: oneOf('TextBlock'), text: text() },
  { wrap: oneOf(true), weight: text(), size: text(), color: text() },
)
const factSet = object({ type: oneOf('FactSet'), facts: list(object({ title: text(), value: text() })) })
const card = object(
  { type: oneOf('AdaptiveCard'), version: oneOf('1.4'), body: list({ anyOf: [textBlock, factSet] }) },
  { $schema: text(), actions: list(object({ type: oneOf('Action.OpenUrl'), title: text(), url: text() })) },
)
/** https://learn.microsoft.com/power-automate/teams/create-flows-webhook and https://adaptivecards.io/explorer */
const description = documented({
  'POST /workflows/{id}/triggers/manual/paths/invoke': {
    query: { sig: text() },
    body: object({
      type: oneOf('message'),
      attachments: list(object({ contentType: oneOf('application/vnd.microsoft.card.adaptive'), content: card }), 1),
    }),
    answers: { 202: {} },
  },
})

export async function startTeams(): Promise<Teams> {
  const cards: Teams['cards'] = []
  const double = await startDouble({
    contract: contractOf(description),
    isWrite: () => true,
    answer: ({ body }) => {
      const [sent] = (body as { attachments: { content: Teams['cards'][number] }[] }).attachments
      if (sent) cards.push(sent.content)
      return { status: 202 }
    },
  })
  return Object.assign(double, { cards })
}
