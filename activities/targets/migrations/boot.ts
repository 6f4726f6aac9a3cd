import type { Assessment } from '../../../model/compatibility.ts'
import { extra, type Situation } from './decide.ts'
import type { MigrationsStep } from './schema.ts'

/** Whether the old release gets past its own migrations when it starts over a schema that is ahead of it. */
export function bootOf({ tool, starts, target }: MigrationsStep, situation: Situation): Assessment['boot'] {
  if (situation.applied.some(({ failed }) => failed))
    return { answer: 'no', because: 'a migration failed, and prisma migrate deploy stops there (P3009)' }
  if (starts === 'plain') return { answer: 'yes', because: `${target} runs no migrations when it starts` }
  if (extra(situation).length === 0)
    return { answer: 'yes', because: `${target} knows every migration that is applied` }
  if (tool === 'knex')
    return {
      answer: 'no',
      because: `knex of ${target} misses the files of what is applied and stops (“The migration directory is corrupt”), unless disableMigrationsListValidation is set there`,
    }
  return { answer: 'yes', because: `${tool} passes over what is applied and has no file in ${target}` }
}
