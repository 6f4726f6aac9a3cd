import { fileOf, type Tool, UP, type Written } from '../../databases/migrations-lab.ts'

/** What each tool's documentation says to type in order to go back behind these; `deploys` is how many brought them. */
export function back(tool: Tool, brought: readonly Written[], deploys: number): string[][] {
  const names = namesOf(brought).toSorted()
  if (tool === 'knex') return Array.from({ length: deploys }, () => ['migrate:rollback'])
  if (tool === 'sequelize') return [['db:migrate:undo:all', '--to', fileOf(names[0] ?? '')]]
  return tool === 'prisma' ? [UP.prisma] : [['down', ...names.map(fileOf).toReversed()]]
}

/** What each tool's documentation says to type for the last one alone. */
export const LAST: Readonly<Record<Tool, string[]>> = {
  knex: ['migrate:rollback'],
  sequelize: ['db:migrate:undo'],
  umzug: ['down'],
  umzug2: ['down'],
  prisma: ['migrate', 'deploy'],
}

export function namesOf(files: readonly Written[]): string[] {
  return files.map(({ name }) => name)
}
