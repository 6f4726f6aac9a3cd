import type { Args } from './became.ts'

/** Arguments sorted: what stands by itself, and flags by their long name. */
export interface Flags {
  positional: Args
  values: ReadonlyMap<string, string | undefined>
  has(name: string): boolean
  /** What is not in the list, or has a value that is not known. Whoever acts must refuse then. */
  unclear: string[]
}

/**
 * Reads flags as GNU and Go programs do (`--name value`, `--name=value`, `-n value`, `-nvalue`). A declaration is
 * `namespace|n=` for one with a value, `wait` for one without, `dry-run?` for one that only takes `=value`.
 */
export function readFlags(args: Args, ...declared: string[]): Flags {
  const known = new Map(declared.flatMap(declaration))
  const positional: (string | undefined)[] = []
  const values = new Map<string, string | undefined>()
  const unclear: string[] = []
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]
    if (arg === '--') {
      positional.push(...args.slice(at + 1))
      break
    }
    if (arg === undefined || !/^-./.test(arg)) {
      positional.push(arg)
      continue
    }
    const [written, attached] = split(arg, known)
    const flag = known.get(written)
    if (!flag) unclear.push(written)
    else if (flag.takes === '=' && attached === undefined) values.set(flag.name, args[++at])
    else values.set(flag.name, attached ?? 'true')
    if (flag && values.get(flag.name) === undefined) unclear.push(written)
  }
  return { positional, values, has: (name) => values.has(name), unclear }
}

interface Flag {
  name: string
  takes: string
}

function declaration(text: string): [string, Flag][] {
  const takes = /[=?]$/.exec(text)?.[0] ?? ''
  const names = text.replace(/[=?]$/, '').split('|')
  const name = names[0] ?? ''
  return names.map((one) => [`${one.length > 1 ? '--' : '-'}${one}`, { name, takes }])
}

function split(arg: string, known: ReadonlyMap<string, Flag>): [string, string | undefined] {
  const equals = arg.indexOf('=')
  if (equals > 0) return [arg.slice(0, equals), arg.slice(equals + 1)]
  if (/^-[A-Za-z]./.test(arg) && !known.has(arg) && known.get(arg.slice(0, 2))?.takes === '=')
    return [arg.slice(0, 2), arg.slice(2)]
  return [arg, undefined]
}
