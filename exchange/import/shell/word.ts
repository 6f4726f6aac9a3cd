/** One word of a command line: what stands in it literally, and what a shell would put in. */
export interface Word {
  parts: readonly Part[]
  /** As it was written, quotes included. */
  raw: string
}

/** A piece of a word. `lookup` is a command whose output would stand there; `opaque` is an expansion that we don't know. */
export type Part = { text: string } | { variable: string; fallback?: string } | { lookup: string } | { opaque: string }

/** The text of a word without expansions; undefined where anything would be put in. */
export function literal(word: Word): string | undefined {
  let text = ''
  for (const part of word.parts) {
    if (!('text' in part)) return undefined
    text += part.text
  }
  return text
}

/** What follows a dollar sign (or a backtick) at `at`: the part that it stands for and where it ends. */
export function readExpansion(source: string, at: number): { part: Part; end: number } | undefined {
  if (source[at] === '`') return between(source, at, at + 1, '`', (lookup) => ({ lookup }))
  if (source.startsWith('${{', at))
    return between(source, at, at + 3, '}}', (text) => ({ variable: expressionName(text) ?? text.trim() }))
  if (source.startsWith('$((', at)) return between(source, at, at + 3, '))', (_, opaque) => ({ opaque }))
  if (source.startsWith('$(', at)) {
    const end = closing(source, at + 2)
    return end === undefined ? undefined : { part: { lookup: source.slice(at + 2, end) }, end: end + 1 }
  }
  if (source.startsWith('${', at)) return between(source, at, at + 2, '}', braced)
  const name = /^\$([A-Za-z_]\w*|\d|[@*#?])/.exec(source.slice(at, at + 100))
  if (!name?.[1]) return undefined
  const part: Part = /[@*#?]/.test(name[1]) ? { opaque: name[0] } : { variable: name[1] }
  return { part, end: at + name[0].length }
}

/** `<revision>` as documents write what a person fills in: not a redirection, since no space follows. */
export function readPlaceholder(source: string, at: number): { part: Part; end: number } | undefined {
  const found = /^<([A-Za-z][\w.-]*(?: [\w.-]+){0,5})>/.exec(source.slice(at, at + 80))
  return found?.[1] ? { part: { variable: found[1] }, end: at + found[0].length } : undefined
}

/** `inputs.version`, `github.event.inputs.version` and `env.NAME` of a workflow, as the name of a variable. */
function expressionName(expression: string): string | undefined {
  return /^\s*(?:github\.event\.inputs|inputs|env|vars)\.([\w-]+)(?:\s*\|\|\s*'[^']*')?\s*$/.exec(expression)?.[1]
}

function braced(inner: string, raw: string): Part {
  const known = /^([A-Za-z_]\w*|\d)(?::?[-=]([\s\S]*)|:?\?[\s\S]*)?$/.exec(inner)
  if (!known?.[1]) return { opaque: raw }
  const fallback = known[2]?.replace(/^(["'])([\s\S]*)\1$/, '$2')
  if (fallback !== undefined && /[$`]/.test(fallback)) return { opaque: raw }
  return { variable: known[1], ...(fallback !== undefined && { fallback }) }
}

function between(
  source: string,
  at: number,
  from: number,
  close: string,
  make: (inner: string, raw: string) => Part,
): { part: Part; end: number } | undefined {
  const end = source.indexOf(close, from)
  if (end < 0) return undefined
  const raw = source.slice(at, end + close.length)
  return { part: make(source.slice(from, end), raw), end: end + close.length }
}

/** Where the parenthesis that was opened before `from` closes, quotes respected; undefined if it doesn't. */
function closing(source: string, from: number): number | undefined {
  let depth = 1
  for (let at = from; at < source.length; at++) {
    const char = source[at]
    if (char === '\\') at++
    else if (char === "'" || char === '"') {
      const end = source.indexOf(char, at + 1)
      if (end < 0) return undefined
      at = end
    } else if (char === '(') depth++
    else if (char === ')' && --depth === 0) return at
  }
  return undefined
}
