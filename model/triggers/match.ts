import type { Configuration } from '../configuration.ts'
import type { LoadedRunbook } from '../runbook/loaded.ts'
import type { Runbook } from '../runbook/document.ts'

export type RunbookTrigger = NonNullable<Runbook['triggers']>[number]

/** A trigger that an alert has met, and where. */
export interface Met {
  loaded: LoadedRunbook
  trigger: RunbookTrigger
  environment: string
}

type Labels = Readonly<Record<string, string>>

/**
 * The triggers whose labels an alert bears, each in the environment that the trigger names, or the alert by its label
 * `environment` or `env`, or the only one where the runbook runs. Where nothing tells the environment, nothing is met.
 */
export function triggersMet(
  runbooks: Iterable<LoadedRunbook>,
  labels: Labels,
  { environments }: Pick<Configuration, 'environments'>,
): Met[] {
  return [...runbooks].flatMap((loaded) =>
    (loaded.runbook.triggers ?? []).flatMap((trigger) => {
      if (!trigger.match || !bears(labels, trigger.match)) return []
      const environment = environmentOf(loaded.runbook, trigger, labels, Object.keys(environments))
      return environment === undefined ? [] : [{ loaded, trigger, environment }]
    }),
  )
}

/** Whether all of these labels are there with these values. */
export function bears(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => Object.hasOwn(labels, name) && labels[name] === value)
}

function environmentOf(
  { environments }: Runbook,
  trigger: RunbookTrigger,
  labels: Labels,
  known: string[],
): string | undefined {
  const own = Object.keys(environments ?? {})
  const possible = environments ? own.filter((name) => known.includes(name)) : known
  const said = trigger.environment ?? labels['environment'] ?? labels['env']
  if (said !== undefined) return possible.includes(said) ? said : undefined
  return possible.length === 1 ? possible[0] : undefined
}
