/**
 * One word of a POSIX shell that stands for exactly this text, whatever is in it. A NUL is taken out: no shell can hold
 * one. Words of harmless characters stay as they are, so that people read the command that they know.
 */
export function quote(text: string): string {
  const held = text.replaceAll('\0', '')
  if (/^[A-Za-z0-9_./:@%+,][A-Za-z0-9_./:@%+,=-]*$/.test(held) || /^--?[A-Za-z][A-Za-z0-9_./:@%+,=-]*$/.test(held))
    return held
  return quoted(held)
}

/** The same, always with quotes round it. */
export function quoted(text: string): string {
  return `'${text.replaceAll('\0', '').replaceAll("'", "'\\''")}'`
}

/**
 * The same for a text with `{{ parameters.x }}` in it: `variable` names the shell variable that holds a parameter. What a
 * parameter holds is never split, expanded or run.
 */
export function quoteTemplate(text: string, variable: (parameter: string) => string): string {
  const pieces = text.split(PARAMETER)
  if (pieces.length === 1) return quote(text)
  return pieces
    .flatMap((piece, index) => {
      if (index % 2 === 1) return [`"$${variable(piece)}"`]
      return piece === '' ? [] : [quote(piece)]
    })
    .join('')
}

/** Text as lines of a comment, in a shell script or in YAML: nothing in it can end the comment. */
export function comment(text: string, indent = ''): string[] {
  return text.split(/[\n\r\v\f\u0085\u2028\u2029]+/).map((line) => `${indent}# ${plain(line)}`.trimEnd())
}

/** Text for people without the characters that a terminal would obey or that turn the direction of writing. */
export function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: taking them out is the point
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g, ' ')
}

/** A name that a shell takes for a variable or a function: other characters become underscores. */
export function identifier(text: string): string {
  return text.replace(/[^A-Za-z0-9_]/g, '_')
}

/** A parameter in a text; the name is the group. */
const PARAMETER = /\{\{\s*parameters\.([A-Za-z][A-Za-z0-9_]{0,62})\s*\}\}/
