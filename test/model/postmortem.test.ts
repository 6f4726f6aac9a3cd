import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BLOCKS, postmortem, regenerate } from '../../model/postmortem.ts'
import { report } from '../../model/report/index.ts'
import { fullRecord } from '../support/records.ts'

const full = report(fullRecord())
const later = report(fullRecord({ reason: 'found out more', phase: 'ended', outcome: 'compensated' }))

function again(text: string, of = full): string {
  const made = regenerate(text, of)
  if ('refused' in made) throw new Error(made.refused)
  return made.text
}

test('the skeleton reads as recorded in test/model/golden', async () => {
  await expect(postmortem(full)).toMatchFileSnapshot('golden/postmortem.md')
})

test('every block stands in the skeleton once, and writing it anew changes nothing', () => {
  const text = postmortem(full)
  const begun = [...text.matchAll(/^<!-- unwind:begin (\S+) -->$/gm)].map(([, name]) => name)
  expect(begun.toSorted()).toEqual(Object.keys(BLOCKS).toSorted())
  expect(again(text)).toBe(text)
})

/** Text of people, in whatever alphabet, that is no marker of ours. */
const prose = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 30 }),
      fc.constantFrom('', '<!-- mine -->', '# A heading', '| a |'),
    ),
    {
      maxLength: 4,
    },
  )
  .map((lines) => lines.join('\n'))
  .filter((text) => !/^<!-- unwind:/m.test(text))

/** The generated blocks, and between them what people wrote; some blocks taken out, the rest in any order. */
const edited = fc
  .tuple(fc.shuffledSubarray(Object.keys(BLOCKS), { minLength: 1 }), fc.infiniteStream(prose))
  .map(([names, texts]) => {
    const people = names.map(() => `${texts.next().value}`)
    const last = `${texts.next().value}`
    const blocks = names.map(
      (name) => `<!-- unwind:begin ${name} -->\n${texts.next().value}\n<!-- unwind:end ${name} -->`,
    )
    return { people: [...people, last], text: names.map((_, i) => `${people[i]}\n${blocks[i]}\n`).join('') + last }
  })

test('what people wrote survives any number of regenerations, byte for byte', () => {
  fc.assert(
    fc.property(edited, fc.integer({ min: 1, max: 4 }), ({ people, text }, times) => {
      let made = text
      for (let time = 0; time < times; time++) made = again(made, time % 2 === 0 ? later : full)
      const outside = made.split(/<!-- unwind:begin \S+ -->\n[^]*?\n<!-- unwind:end \S+ -->/)
      expect(outside).toEqual(
        people.map((part, index) => `${index > 0 ? '\n' : ''}${part}${index < people.length - 1 ? '\n' : ''}`),
      )
      expect(again(made, times % 2 === 0 ? full : later)).toBe(made)
    }),
  )
})

test('generated text is written anew for what the run became, and a block that was taken out stays out', () => {
  const cut = postmortem(full).replace(
    /<!-- unwind:begin checklist -->[^]*<!-- unwind:end checklist -->/,
    'We ticked all.',
  )
  const made = again(cut, later)
  expect(made).toContain('| Why | found out more |')
  expect(made).toContain('We ticked all.')
  expect(made).not.toContain('unwind:begin checklist')
})

test('lines that end in carriage returns go on doing so', () => {
  const text = postmortem(full).replaceAll('\n', '\r\n')
  expect(again(text)).toBe(text)
})

test.each([
  ['# mine', 'no generated block'],
  ['<!-- unwind:begin summary -->\ntext', 'in line 1 has no unwind:end'],
  ['text\n<!-- unwind:end summary -->', 'in line 2 ends nothing'],
  [
    '<!-- unwind:begin times -->\n<!-- unwind:begin summary -->\n<!-- unwind:end summary -->',
    'in line 2 stands inside of times',
  ],
  ['<!-- unwind:begin other -->\nmine\n<!-- unwind:end other -->', 'no generated block'],
])('%j is left alone, and why is said', (text, why) => {
  expect(regenerate(text, full)).toEqual({ refused: expect.stringContaining(why) })
})
