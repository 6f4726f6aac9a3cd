import { expect, test } from 'vitest'
import type { Line } from '../../cli/render/span.ts'
import { openScreen } from '../../cli/screen.ts'
import type { Terminal } from '../../cli/terminal.ts'

/** As much of a terminal as a redrawn part needs: lines, a cursor, and the four sequences that are used. */
function emulate(columns: number, rows: number) {
  const shown: string[] = []
  let row = 0
  const writes: string[] = []
  const write = (text: string) => {
    writes.push(text)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the sequences
    for (const part of text.match(/\u001b\[\??\d*[a-zA-Z]|\r|\n|[^\u001b\r\n]+/g) ?? []) {
      if (part === '\n') row += 1
      else if (part.endsWith('A')) row -= Number(part.slice(2, -1))
      else if (part === '\u001b[J') shown.length = row
      else if (!part.startsWith('\u001b') && part !== '\r') shown[row] = part
      else if (part === '\u001b[K') shown[row] ??= ''
    }
    return true
  }
  const terminal: Terminal = {
    print: () => undefined,
    say: () => undefined,
    live: true,
    interactive: false,
    size: () => ({ columns, rows }),
    colour: false,
  }
  return { screen: openScreen(terminal, { write } as Pick<NodeJS.WriteStream, 'write'>), shown, writes }
}

function lines(count: number, text = 'line'): Line[] {
  return Array.from({ length: count }, (_, index) => [['plain', `${text} ${index + 1}`]])
}

test('a frame takes the place of the one before, also when it is shorter', () => {
  const { screen, shown } = emulate(80, 24)
  screen.draw(lines(5))
  screen.draw(lines(2, 'new'))
  expect(shown).toEqual(['new 1', 'new 2'])
})

test('each frame is one write, and a frame like the one before is none', () => {
  const { screen, writes } = emulate(80, 24)
  screen.draw(lines(3))
  screen.draw(lines(3))
  expect(writes).toHaveLength(1)
})

test('what does not fit is cut in the middle, and shown whole at the end', () => {
  const { screen, shown } = emulate(80, 6)
  screen.draw(lines(10))
  expect(shown).toEqual(['line 1', '  … 6 lines more', 'line 8', 'line 9', 'line 10'])
  screen.close(lines(10))
  expect(shown).toHaveLength(10)
})

test('a line is never wider than the terminal, and the cursor comes back', () => {
  const { screen, shown, writes } = emulate(20, 24)
  screen.draw([[['plain', 'x'.repeat(100)]]])
  expect(shown[0]).toHaveLength(19)
  screen.close()
  expect(writes.join('')).toContain('\u001b[?25h')
})
