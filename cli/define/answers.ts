import type { Command } from 'commander'
import type { Choice } from '../../model/run.ts'
import { api, type Ended, runs, watching } from './options.ts'

/** `approve` to `claim`: what a person says to a run. */
export function defineAnswers(program: Command, ended: Ended): void {
  program.commandsGroup('Answering a rollback:')
  defineApprovals(program, ended)
  defineChoices(program, ended)
  defineAsked(program, ended)
  for (const [message, text] of [
    ['pause', 'Stop before the next step; the running one goes on to its end'],
    ['claim', 'Say that you are driving this rollback'],
  ] as const)
    api(service(program, message).description(text).option('--note <sentence>', 'kept in the timeline')).action(
      runs(ended, async () => (await import('../commands/note.ts')).note(message)),
    )
  const resume = service(program, 'resume')
    .description('Go on after a pause')
    .option('--note <sentence>', 'kept in the timeline')
  api(watching(resume, true)).action(runs(ended, async () => (await import('../commands/note.ts')).note('resume')))
}

function defineApprovals(program: Command, ended: Ended): void {
  for (const [answer, text] of [
    ['approve', 'Say yes to the plan that is shown'],
    ['reject', 'Say no to it; nothing is changed'],
  ] as const)
    api(
      watching(
        service(program, answer)
          .description(text)
          .option('--digest <digest>', 'answer only the plan with this digest (its first 8 digits or more)')
          .option('--step <id>', 'the step in mid-run that waits for an approval; default: the only one, else the plan')
          .option('--note <sentence>', 'kept in the timeline')
          .option('-y, --yes', 'do not ask'),
        false,
      ),
    ).action(runs(ended, async () => (await import('../commands/approve.ts')).answer(answer)))
}

function defineChoices(program: Command, ended: Ended): void {
  for (const [choice, text] of CHOICE_TEXTS) {
    const command = service(program, choice)
      .description(text)
      .option('-y, --yes', 'do not ask')
      .option('--attempt <step:n>', 'answer only if this step is at this attempt (kubernetes-1:2)')
    if (choice === 'retry')
      command.option(
        '--set <field=value>',
        'correct a field of the step (within=10m); more than once',
        (text, before: string[] | undefined) => [...(before ?? []), text],
      )
    if (choice === 'abort') command.requiredOption('-r, --reason <sentence>', 'why')
    else command.option('--note <sentence>', 'kept in the timeline')
    api(watching(command, true)).action(runs(ended, async () => (await import('../commands/decide.ts')).decide(choice)))
  }
}

function defineAsked(program: Command, ended: Ended): void {
  const answer = service(program, 'answer')
    .argument('<answer>', 'yes or no')
    .description('Answer the question that the rollback asks')
    .option('--question <id>', 'which question, where it asks more than one')
    .option('--note <sentence>', 'kept in the timeline')
  api(watching(answer, true)).action(runs(ended, async () => (await import('../commands/answer.ts')).answer))
  const tick = service(program, 'tick')
    .argument('<item>', 'id of the item')
    .description('Tick an item of the checklist')
    .option('--note <sentence>', 'kept in the timeline')
  api(tick).action(runs(ended, async () => (await import('../commands/tick.ts')).tick))
  const glass = service(program, 'break-glass')
    .description('In an emergency, go on without the missing approvals; pages, and an approval is owed afterwards')
    .requiredOption('--incident <id>', 'the incident that makes it necessary')
    .requiredOption('-r, --reason <sentence>', 'why')
    .option('--digest <digest>', 'only for the plan with this digest (its first 8 digits or more)')
    .option('-y, --yes', 'do not ask')
  api(watching(glass, true)).action(runs(ended, async () => (await import('../commands/break-glass.ts')).breakGlass))
}

const CHOICE_TEXTS: readonly (readonly [Choice, string])[] = [
  ['retry', 'Try the parked step again from where it stands'],
  ['skip', 'Go on without the parked step, if it is optional'],
  ['done', 'Say that you did the step by hand; it is still verified'],
  ['compensate', 'Take back what this rollback has changed'],
  ['abort', 'End it now; reverses nothing and lists what stays changed'],
]

function service(program: Command, name: string): Command {
  return program.command(name).argument('<service>', 'service, or environment/service')
}
