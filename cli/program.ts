import { type Argument, Command, CommanderError } from 'commander'
import { VERSION } from '../model/version.ts'
import { defineAnswers } from './define/answers.ts'
import { defineDrills } from './define/drills.ts'
import { defineLooks } from './define/looks.ts'
import { defineRollbacks } from './define/rollbacks.ts'
import { defineRunbooks } from './define/runbooks.ts'
import { defineServices } from './define/services.ts'
import { defineServing } from './define/serving.ts'
import { EXIT, EXIT_MEANINGS } from './exit.ts'

/**
 * Runs one command line (without node and script) and answers its exit code. Only commander and small files are loaded
 * here; whatever a command needs it imports when it runs, so that `--help` answers as fast as Node starts.
 */
export async function run(args: readonly string[]): Promise<number> {
  process.stdout.on('error', leaveOnClosedPipe)
  process.stderr.on('error', leaveOnClosedPipe)
  let code = EXIT.ok as number
  const program = define((exit) => {
    code = exit
  })
  try {
    await program.parseAsync([...args], { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    const { report } = await import('./trouble.ts')
    return report(error)
  }
}

/** The whole command line. `ended` is told the exit code of the command that ran. */
export function define(ended: (exit: number) => void): Command {
  // An option behind a word is that word’s, also where the word before it takes one of the same name.
  const program = new Command('unwind')
    .enablePositionalOptions()
    .description('Takes a service back to a state that worked: planned, approved, resumable, proven.')
    .version(VERSION, '-V, --version')
    .exitOverride()
    .configureHelp({
      subcommandTerm: (command) => [command.name(), ...command.registeredArguments.map(shown)].join(' '),
      // Without `help`, which commander adds in a group of its own; the footer names --help.
      visibleCommands: (command) => [...command.commands],
    })
    .showHelpAfterError('Run it with --help to see what it takes.')
    .helpCommand(true)
    .addHelpText('after', footer())
  defineRollbacks(program, ended)
  defineLooks(program, ended)
  defineAnswers(program, ended)
  defineRunbooks(program, ended)
  defineServices(program, ended)
  defineDrills(program, ended)
  defineServing(program, ended)
  return program
}

function shown(argument: Argument): string {
  return argument.required ? `<${argument.name()}>` : `[${argument.name()}]`
}

function footer(): string {
  const codes = EXIT_MEANINGS.map(([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}`)
  const variables = [
    '  UNWIND_URL          where the API is (default http://127.0.0.1:7420)',
    '  UNWIND_TOKEN        who asks; or --token-file',
    '  UNWIND_ENVIRONMENT  the environment, where -e is not given',
    '  UNWIND_CONFIG       path of unwind.yaml',
    '  NO_COLOR            no colours',
  ]
  const first = ['  unwind demo', '  unwind init --context <context> -n <namespace>', '  unwind server']
  const more = '`unwind <command> --help` shows what a command takes.'
  return [
    '',
    more,
    '',
    'First steps:',
    ...first,
    '',
    'Environment variables:',
    ...variables,
    '',
    'Exit codes:',
    ...codes,
  ].join('\n')
}

function leaveOnClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(EXIT.ok)
  throw error
}
