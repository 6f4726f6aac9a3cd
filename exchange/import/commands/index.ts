import { type Args, type Around, type Became, manual, type Recogniser, refused } from '../became.ts'
import { argocd } from './argocd.ts'
import { git } from './git.ts'
import { helm } from './helm.ts'
import { curl, gh, ldcli, wget } from './http.ts'
import { argoRollouts } from './argo-rollouts.ts'
import { kubectl } from './kubectl.ts'
import { migrations } from './migrations.ts'
import { aws } from './rds.ts'

const KNOWN: Readonly<Record<string, Recogniser>> = {
  ...migrations,
  ...{ kubectl, oc: kubectl, 'kubectl-argo-rollouts': argoRollouts, helm, argocd, git, aws, curl, wget, ldcli, gh },
  rm: (args) =>
    args.some((arg) => /^-\w*[rR]/.test(arg ?? ''))
      ? refused(
          'rm -r deletes folders with all that is in them, and nothing brings them back.',
          'Move them away, and delete them once nobody misses them.',
        )
      : manual('Deleting files is no rollback.'),
}

/** Commands that run another one; what they take themselves is dropped before it. */
const WRAPPERS: Readonly<Record<string, (args: Args) => Args | undefined>> = {
  sudo: (args) => after(args, /^-[ugh]$/),
  time: (args) => args,
  command: (args) => (args[0] === '-v' ? undefined : args),
  exec: (args) => args,
  env: (args) => args.slice(args.findIndex((arg) => !/^\w+=/.test(arg ?? ''))),
  timeout: (args) => after(args, /^-[ks]$/).slice(1),
  npx: (args) => unscoped(after(args, /^(-p|--package)$/)),
  bunx: (args) => unscoped(args),
  pnpm: (args) => script(args, /^(exec|dlx)$/),
  yarn: (args) => script(args, /^(run|exec|dlx)$/),
  npm: (args) => (args[0] === 'exec' ? after(args.slice(1), /^-p$/) : undefined),
  bundle: (args) => (args[0] === 'exec' ? args.slice(1) : undefined),
  microk8s: (args) => args,
}

/** What a command is, wrappers taken off; undefined where nothing is known about it. */
export function recognise(name: string, args: Args, around: Around): Became | undefined {
  const inner = WRAPPERS[name]?.(args)
  if (inner) {
    const [first, ...rest] = inner
    return first === undefined ? undefined : recognise(first.split('/').at(-1) ?? first, rest, around)
  }
  const inside = containerCommand(name, args)
  if (inside) {
    const [first = '', ...rest] = inside
    const found = recognise(first.split('/').at(-1) ?? '', rest, around)
    if (found?.as === 'refused') return found
    if (found?.as === 'step')
      return manual('It runs inside a container; the step needs a connection of its own to the system.')
  }
  return Object.hasOwn(KNOWN, name) ? KNOWN[name]?.(args, around) : undefined
}

/** The command that `kubectl exec`, `docker exec` and `docker compose exec|run` run inside. */
function containerCommand(name: string, args: Args): readonly string[] | undefined {
  if (!/^(kubectl|oc|docker|docker-compose|podman)$/.test(name)) return undefined
  if (!args.slice(0, 3).some((arg) => arg === 'exec' || arg === 'run')) return undefined
  const words = args.map((arg) => arg ?? '')
  const dashes = words.indexOf('--')
  if (dashes >= 0) return words.slice(dashes + 1)
  const tool = words.findIndex((word) =>
    /^(npx|yarn|pnpm|bundle|rails|rake|rm|flyway|liquibase|alembic|knex|prisma)$/.test(word),
  )
  return tool > 0 ? words.slice(tool) : undefined
}

function after(args: Args, takesValue: RegExp): Args {
  let at = 0
  while (at < args.length && args[at]?.startsWith('-')) at += takesValue.test(args[at] ?? '') ? 2 : 1
  return args.slice(at)
}

/** `yarn knex …`, `pnpm exec knex …`: only what runs a known tool. */
function script(args: Args, verb: RegExp): Args | undefined {
  const rest = verb.test(args[0] ?? '') ? args.slice(1) : args
  return Object.hasOwn(migrations, rest[0] ?? '') ? rest : undefined
}

/** `sequelize-cli@6` as `sequelize-cli`. */
function unscoped(args: Args): Args {
  return [args[0]?.replace(/(?<=.)@[\w.^~-]+$/, ''), ...args.slice(1)]
}
