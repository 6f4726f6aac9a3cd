/** What a sentence about telling people becomes: a channel by name, and what a runbook tells it. */
export interface Told {
  channel: string
  /** The parts of `communicate` that name it. */
  parts: readonly ('started' | 'finished' | 'ticket')[]
  /** The kinds of channel that can do it; undefined where any can. */
  kinds?: string
}

/** `Notifier #ops-alerts`, `Notify the team in #incidents`: one channel, and nothing else to do. */
const TELLS =
  /^(?:notif(?:y|ier)|tell|inform(?:er)?|prévenir|alert(?:er)?|post (?:in|to)|announce (?:in|to|on))(?: (?:the |l['’])?(?:team|équipe))?(?: (?:in|on|via|sur|dans))? ?\(?#([\w-]{1,80})\)?\.?$/i

/** `Update the status page`, `Mettre à jour status page`. */
const STATUS_PAGE =
  /^(?:update|mettre à jour|actualiser|post (?:an update )?(?:to|on))(?: (?:the|our|la))? (?:status ?page|page (?:de |d['’])?(?:statut|état))\.?$/i

/** `Créer ticket post-mortem`, `Open a Jira ticket for the post-mortem`. */
const TICKET =
  /^(?:create|open|file|créer|ouvrir)(?: (?:a|an|the|un|une|le))?(?: post-?mortem)?(?: (?:jira|github|linear))? (?:ticket|issue)(?: (?:for (?:the|a)|pour le|de|du))?(?: post-?mortem)?\.?$/i

/** Whom a sentence of a runbook tells; undefined where it asks for anything else, which a person does. */
export function toldBy(sentence: string): Told | undefined {
  const channel = TELLS.exec(sentence)?.[1]
  if (channel) return { channel, parts: ['finished'] }
  if (STATUS_PAGE.test(sentence)) return { channel: 'status-page', parts: ['started', 'finished'], kinds: 'statuspage' }
  if (TICKET.test(sentence) && /post-?mortem/i.test(sentence))
    return { channel: 'post-mortem', parts: ['ticket'], kinds: 'jira, github or linear' }
  return undefined
}
