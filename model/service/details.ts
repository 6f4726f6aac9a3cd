import type { ServiceState } from './state.ts'

/** How many entries of each list are shown. */
const SHOWN = 10

/** A service as the Temporal UI shows it: Markdown, bounded. */
export function serviceDetails(state: ServiceState): string {
  const { service, environment, lock, stopped, releases, denied, episodes } = state
  const lines = [
    `**${plain(service)} in ${plain(environment)}**`,
    '',
    lock ? `Locked by ${plain(lock.by)}: ${plain(lock.reason)}` : 'Not locked',
    ...(stopped ? ['', `Automatic rollbacks stopped by ${plain(stopped.by)}: ${plain(stopped.reason)}`] : []),
    ...list(
      'Releases',
      releases.map(
        ({ version, verified, runId }) => `${version}${verified ? ', verified' : ''}${runId ? ', by a rollback' : ''}`,
      ),
    ),
    ...list(
      'Denied',
      denied.map(({ version, images }) => version ?? images.join(', ')),
    ),
    ...list(
      'Triggers',
      episodes.map(({ trigger, standing }) => `${trigger}: ${standing}`),
    ),
  ]
  return lines.join('\n').slice(0, 16_000)
}

function list(title: string, entries: readonly string[]): string[] {
  if (entries.length === 0) return []
  return ['', `${title}:`, '', ...entries.slice(0, SHOWN).map((entry) => `- ${plain(entry)}`)]
}

/** Words of others can't become markup. */
function plain(text: string): string {
  return text.replace(/[`*_<>[\]\n]/g, ' ').slice(0, 200)
}
