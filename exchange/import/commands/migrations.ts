import { type Args, type Became, manual, type Recogniser, refused } from '../became.ts'

const INSTEAD =
  'Keep the schema and take the application back, or write the one migration to take back: unwind plans it and shows what it loses.'
const ALL = 'It takes back every migration that there ever was, with the data in what they made.'

const TOOLS: Readonly<Record<string, Recogniser>> = {
  prisma: (args) => {
    const [first, second, ...rest] = args
    const name = `${first} ${second}`
    if (name === 'migrate reset' || name === 'migrate dev')
      return refused(`prisma ${name} drops the database and makes it anew.`, INSTEAD)
    if (name === 'db push' && rest.some((arg) => arg === '--accept-data-loss' || arg === '--force-reset'))
      return refused('It deletes whatever the schema no longer names, without asking.', INSTEAD)
    if (name === 'migrate status' || name === 'migrate diff') return shown()
    if (name === 'migrate resolve') return manual('It marks a failed migration; a person has mended the schema before.')
    return manual('Prisma goes forward only; what takes a migration back has to be written by a person.')
  },
  knex: (args) => {
    if (args[0] === 'migrate:rollback')
      return args.includes('--all') || args.includes('all') ? everything() : back('knex', { batch: 'last' })
    if (args[0] === 'migrate:down') return back('knex', named(args[1], { steps: 1 }))
    if (args[0] === 'migrate:status' || args[0] === 'migrate:list' || args[0] === 'migrate:currentVersion')
      return shown()
    return undefined
  },
  'sequelize-cli': (args) => sequelize(args),
  sequelize: (args) => sequelize(args),
  umzug: (args) => umzug(args),
  flyway: (args) => {
    const verb = args.find((arg) => arg !== undefined && !arg.startsWith('-'))
    if (verb === 'clean') return refused('flyway clean drops every object of the schema.', INSTEAD)
    if (verb === 'info' || verb === 'validate') return shown()
    const target = valueOf(args, '-target')
    if (verb === 'undo') return back('flyway', target === undefined ? { steps: 1 } : { to: target })
    return manual(`flyway ${verb ?? ''} takes nothing back.`)
  },
  liquibase: (args) => liquibase(args),
  rails: (args) => rails(args),
  rake: (args) => rails(args),
  alembic: (args) => {
    if (args[0] === 'current' || args[0] === 'history') return shown()
    if (args[0] !== 'downgrade') return manual('It takes nothing back.')
    if (args[1] === 'base') return everything()
    if (args[1] === undefined || args.length > 2) return manual('What it goes down to is not clear.')
    return back('alembic', /^-\d+$/.test(args[1]) ? { steps: Number(args[1].slice(1)) } : { to: args[1] })
  },
}

/** Tools whose migrations are told apart by release. A batch, a step or a name is not what a release brought. */
const BY_RELEASE = new Set(['knex', 'sequelize', 'umzug'])
const RELEASES = { leaving: '{{ parameters.leaving }}', target: '{{ parameters.target }}' }
const COUNTED =
  'The command counts batches, steps or names, which are not what a release brought: the step takes back what the release left brought and the one gone back to does not know, and the plan shows its SQL.'

/** Migration tools by their command: what takes back a bounded piece, what only looks, and what destroys. */
export const migrations: Readonly<Record<string, Recogniser>> = Object.fromEntries(
  Object.entries(TOOLS).map(([tool, reads]) => [tool, strict(reads)]),
)

/** Flags that bound what is taken back, and those that only say where the tool finds things. */
const KNOWN =
  /^--?(?:name|to|step|tag|count|date|target|rolled-back|all|env|config|url|schema|knexfile|migrations-path|cwd|esm|no-color|debug|changelog-?file|defaults-?file|configFiles|user|username|locations)(?:=|$)|^-\d+$/i

/** A flag that is not known may bound the work in a way that a step does not have: then a person reads it. */
function strict(reads: Recogniser): Recogniser {
  return (args, around) => {
    const found = reads(args, around)
    const odd = args.find((arg) => arg?.startsWith('-') && !KNOWN.test(arg))
    if (found?.as === 'step' && odd !== undefined) return manual(`What ${odd} means here is not known.`)
    return args.includes(undefined) && found?.as === 'step'
      ? manual('It is bounded by what only a shell can tell.')
      : found
  }
}

function sequelize(args: Args): Became | undefined {
  const [verb] = args
  if (verb === 'db:migrate:status') return shown()
  if (verb === 'db:drop') return refused('It drops the database.', INSTEAD)
  if (verb === 'db:migrate:undo') return back('sequelize', named(valueOf(args, '--name'), { steps: 1 }))
  if (verb !== 'db:migrate:undo:all') return undefined
  const to = valueOf(args, '--to')
  return to === undefined ? everything() : back('sequelize', { to, inclusive: true })
}

function umzug(args: Args): Became | undefined {
  if (args[0] === 'pending' || args[0] === 'executed') return shown()
  if (args[0] !== 'down') return undefined
  const [to, step, name] = [valueOf(args, '--to'), valueOf(args, '--step'), valueOf(args, '--name')]
  if (to === '0') return everything()
  if (to !== undefined) return back('umzug', { to, inclusive: true })
  if (name !== undefined) return back('umzug', { migration: name })
  return back('umzug', { steps: step === undefined ? 1 : Number(step) })
}

function liquibase(args: Args): Became | undefined {
  const words = args.flatMap((arg) => (arg === undefined || arg.startsWith('-') ? [] : [arg]))
  const verb = words.find((word) => /^(rollback|drop-?all|status|history|update|validate)/i.test(word)) ?? ''
  const last = words[words.indexOf(verb) + 1]
  if (/^drop-?all$/i.test(verb)) return refused('It drops every object of the schema.', INSTEAD)
  if (/^(status|history|validate)$/i.test(verb) || /-sql$|SQL$/.test(verb)) return shown()
  if (/^rollback-?count$/i.test(verb)) {
    const count = valueOf(args, '--count') ?? last
    return /^\d+$/.test(count ?? '') ? back('liquibase', { steps: Number(count) }) : manual('How many is not clear.')
  }
  if (/^rollback-?to-?date$/i.test(verb)) {
    const date = valueOf(args, '--date') ?? last
    return date === undefined ? manual('Which date is not clear.') : back('liquibase', { date })
  }
  const tag = valueOf(args, '--tag') ?? last
  if (verb === 'rollback') return tag === undefined ? manual('Which tag is not clear.') : back('liquibase', { to: tag })
  return undefined
}

function rails(args: Args): Became | undefined {
  const settings = new Map(args.flatMap((arg) => (arg?.includes('=') ? [arg.split('=') as [string, string]] : [])))
  const [verb] = args.filter((arg) => arg?.startsWith('db:'))
  const version = settings.get('VERSION')
  if (verb === 'db:migrate:status' || verb === 'db:version') return shown()
  if (/^db:(drop|reset|setup|schema:load|migrate:reset|truncate_all)/.test(verb ?? ''))
    return refused(`${verb} drops the database or what is in it.`, INSTEAD)
  if (verb === 'db:migrate' && version === '0') return everything()
  if (verb === 'db:rollback') return back('rails', { steps: Number(settings.get('STEP') ?? 1) })
  if (verb === 'db:migrate:down' && version !== undefined) return back('rails', { migration: version })
  if (verb === 'db:migrate' && version !== undefined) return back('rails', { to: version })
  return verb === undefined ? undefined : manual(`${verb} takes nothing back.`)
}

function everything(): Became {
  return refused(ALL, INSTEAD)
}

function shown(): Became {
  return { as: 'look', with: 'migrations', because: 'The plan shows which migrations the release brought.' }
}

function back(tool: string, bound: Record<string, unknown>): Became {
  if (Object.values(bound).some((value) => Number.isNaN(value))) return manual('How many migrations is not clear.')
  if (BY_RELEASE.has(tool)) {
    const step = { kind: 'migrations', tool, strategy: 'undo-migrations', ...RELEASES }
    return { as: 'step', step, object: `migrations ${tool}`, because: COUNTED }
  }
  const because = 'What a migration takes back is lost where it drops a column or a table; the plan names it.'
  return { as: 'step', step: { kind: 'migrations', tool, ...bound }, object: `migrations ${tool}`, because }
}

function named(migration: string | undefined, otherwise: Record<string, unknown>): Record<string, unknown> {
  return migration === undefined ? otherwise : { migration }
}

/** `--name value` or `--name=value`. */
function valueOf(args: Args, flag: string): string | undefined {
  const at = args.findIndex((arg) => arg === flag || arg?.startsWith(`${flag}=`))
  if (at < 0) return undefined
  const attached = args[at]?.split('=').slice(1).join('=')
  return attached || args[at + 1]
}
