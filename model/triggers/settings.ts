import { z } from 'zod'
import { milliseconds } from '../duration.ts'
import { Duration, Name, Sentence } from '../step.ts'
import type { GateSettings } from './gate-settings.ts'

const Labels = z
  .record(z.string().min(1).max(200), z.string().min(1).max(1_000))
  .refine((labels) => Object.keys(labels).length > 0, 'name at least one label')

const Freeze = z
  .strictObject({
    environment: Name.optional().describe('Default: everywhere.'),
    from: z.iso.datetime({ offset: true }),
    to: z.iso.datetime({ offset: true }),
    reason: Sentence,
  })
  .refine(({ from, to }) => Date.parse(from) < Date.parse(to), 'from must be before to')

/** What keeps triggers in check, in unwind.yaml. */
export const TriggerSettings = z.strictObject({
  blame: Duration.default('60m').describe('A deploy is to blame if it was finished at most so long before the alert.'),
  coolDown: Duration.default('1h').describe(
    'After a rollback of a service nothing starts by itself there for so long.',
  ),
  perDay: z.int().min(1).max(100).default(3).describe('Rollbacks that start by themselves, per service and day.'),
  gather: Duration.default('30s').describe('Before anything is decided: do other services alert as well?'),
  veto: Duration.default('5m').describe('Of auto-with-veto: how long people have to say no.'),
  expires: Duration.default('4h').describe('How long a proposal waits for a person.'),
  flaps: z
    .int()
    .min(2)
    .max(20)
    .default(3)
    .describe('So many episodes of one alert within the window are a flapping alert.'),
  fleet: z
    .strictObject({
      atOnce: z.int().min(1).max(100).default(2).describe('Rollbacks by themselves at the same time.'),
      perDay: z.int().min(1).max(1_000).default(10).describe('Rollbacks by themselves, per environment and day.'),
      incident: z
        .int()
        .min(2)
        .max(1_000)
        .default(4)
        .describe('So many services that alert are no matter of one deploy.'),
      window: Duration.default('5m').describe('Within which they are counted.'),
    })
    .prefault({}),
  monitoring: z
    .array(Labels)
    .max(20)
    .default([])
    .describe('Labels of alerts that say that monitoring itself is down: while one fires, nothing starts by itself.'),
  freeze: z
    .array(Freeze)
    .max(100)
    .default([])
    .describe('Times in which nothing starts by itself and nothing is deployed.'),
})
export type TriggerSettings = z.infer<typeof TriggerSettings>

/** The same as workflows read it. */
export function gateSettings(settings: TriggerSettings, environment: string): GateSettings {
  const { blame, coolDown, perDay, gather, veto, expires, flaps, fleet } = settings
  return {
    ...{ blame: milliseconds(blame), coolDown: milliseconds(coolDown), perDay, gather: milliseconds(gather) },
    ...{ veto: milliseconds(veto), expires: milliseconds(expires), flaps },
    fleet: { ...fleet, window: milliseconds(fleet.window) },
    freeze: freezesOf(settings, environment),
  }
}

/** The times in which an environment is frozen, in epoch milliseconds. */
export function freezesOf({ freeze }: Pick<TriggerSettings, 'freeze'>, environment: string): GateSettings['freeze'] {
  return freeze
    .filter((frozen) => frozen.environment === undefined || frozen.environment === environment)
    .map(({ from, to, reason }) => ({ from: Date.parse(from), to: Date.parse(to), reason }))
}
