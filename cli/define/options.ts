import { type Command, InvalidArgumentError, Option } from 'commander'
import { DURATION_PATTERN, milliseconds } from '../../model/duration.ts'
import type { ClientOptions } from '../client.ts'

/** What every command that talks to the API takes. */
export interface ApiOptions extends ClientOptions {
  environment?: string
}

export type Format = 'json' | 'yaml' | 'wide' | 'markdown'

/** What a command takes that may stay and watch. `timeout` in milliseconds. */
export interface WatchOptions {
  watch?: boolean
  timeout?: number
  follow?: boolean
  output?: Format
}

/** Adds address, token file and environment. */
export function api(command: Command): Command {
  return address(
    command.addOption(
      new Option('-e, --environment <name>', 'environment; default: the only one there is').env('UNWIND_ENVIRONMENT'),
    ),
  )
}

/** Adds address and token file. */
export function address(command: Command): Command {
  return command
    .option('--url <url>', 'address of the API (UNWIND_URL)')
    .option('--token-file <path>', 'file that holds the token (or UNWIND_TOKEN)')
}

/** Adds `-o`, with the formats that the command knows. */
export function output(command: Command, formats: readonly Format[] = ['json', 'yaml', 'wide']): Command {
  return command.addOption(new Option('-o, --output <format>', 'write data instead of text').choices([...formats]))
}

/** Adds what governs watching; `watch` says whether it is the default. */
export function watching(command: Command, watch: boolean): Command {
  const how = watch ? new Option('--no-watch', 'return at once') : new Option('-w, --watch', 'stay and watch')
  return command
    .addOption(how)
    .option('--follow', 'watch on while it waits for a person, until it has ended')
    .option('--timeout <duration>', 'stop watching after that time, exit code 124 (30s, 5m)', duration)
}

/** A duration of the command line in milliseconds. */
export function duration(text: string): number {
  if (!DURATION_PATTERN.test(text)) throw new InvalidArgumentError('Write a number and a unit: 500ms, 30s, 5m, 1h.')
  return milliseconds(text)
}

/** An option that may be given more than once, or with commas. */
export function several(text: string, before: readonly string[] = []): string[] {
  return [...before, ...text.split(',').filter(Boolean)]
}

/** `name=value`, collected; a later one of the same name wins. */
export function pair(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [, name, value] = /^([A-Za-z0-9][A-Za-z0-9_.-]*)=(.*)$/s.exec(text) ?? []
  if (name === undefined || value === undefined) throw new InvalidArgumentError('Write name=value.')
  return { ...before, [name]: value }
}

export type Ended = (exit: number) => void

/** An action that is imported when it runs; what it answers is the exit code, nothing means 0. */
export function runs<Args extends unknown[]>(
  ended: Ended,
  load: () => Promise<(...args: Args) => Promise<number | void>>,
): (...args: Args) => Promise<void> {
  return async (...args) => {
    const action = await load()
    ended((await action(...args)) ?? 0)
  }
}
