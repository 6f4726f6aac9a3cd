import { stat, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Survey, survey } from '../../activities/targets/kubernetes/survey.ts'
import { readConfiguration } from '../../config/load.ts'
import { NAME_PATTERN } from '../../model/ids.ts'
import { CommandError, EXIT, usage } from '../exit.ts'
import { configurationText, type InitChoices } from '../render/configuration.ts'
import { firstCommands, surveyLines } from '../render/survey.ts'
import { terminal } from '../terminal.ts'

interface InitOptions {
  config?: string
  kubeconfig?: string
  context?: string
  namespace: string
  environment: string
  cluster?: string
  force?: boolean
}

/** `unwind init`: looks at a cluster (reads only), shows what it found, writes unwind.yaml and the next commands. */
export async function init(options: InitOptions): Promise<number> {
  const choices = choicesOf(options)
  const path = resolve(options.config ?? process.env['UNWIND_CONFIG'] ?? 'unwind.yaml')
  if (!options.force && (await exists(path)))
    throw new CommandError(
      EXIT.conflict,
      `${path} is there already. Name another with --config, or overwrite it with --force.`,
    )
  const out = terminal()
  const { context, kubeconfig, namespace } = choices
  const found = await survey({ kubeconfig, context, namespace })
  out.say(surveyLines(found, choices))
  const text = configurationText(found.pin, choices)
  // What was written is what will be read: a name that the schema refuses is found here and not at the first start.
  readConfiguration(text, path)
  await writeFile(path, text, { flag: options.force ? 'w' : 'wx' })
  out.say(`\nWrote ${path}. Next:`)
  for (const command of ['unwind server        # in a terminal of its own', ...firstCommands(found, choices)])
    out.print(command)
  return missingRights(found).length > 0 ? EXIT.denied : EXIT.ok
}

/** Rights without which nothing can be planned or changed. */
function missingRights({ rights }: Survey): Survey['rights'] {
  return rights.filter(({ allowed, purpose }) => !allowed && purpose !== 'evidence')
}

function choicesOf({ kubeconfig, context, namespace, environment, cluster }: InitOptions): InitChoices {
  const connection = cluster ?? environment
  for (const [what, name] of [
    ['environment', environment],
    ['cluster', connection],
    ['namespace', namespace],
  ] as const)
    if (!NAME_PATTERN.test(name))
      throw usage(`${JSON.stringify(name)} can't name a ${what}; use lower case letters, digits, dots and dashes`)
  return {
    namespace,
    environment,
    connection,
    ...(kubeconfig && { kubeconfig: resolve(kubeconfig) }),
    ...(context && { context }),
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
