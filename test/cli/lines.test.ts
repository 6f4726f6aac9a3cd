import { describe, expect, test } from 'vitest'
import { eventLine } from '../../cli/render/events.ts'
import { planLines } from '../../cli/render/plan.ts'
import { columns, type Line, paint } from '../../cli/render/span.ts'
import { treeLines } from '../../cli/render/tree.ts'
import { BEGAN, run, step } from './record.ts'

function plain(lines: readonly Line[], width = Number.POSITIVE_INFINITY): string {
  return paint(lines, { colour: false, width }).join('\n')
}

test('why a run could not begin is said once, beneath its steps', () => {
  const problem = { code: 'NO_ROLLBACK_TARGET', message: 'there is one revision only' } as const
  const ended = run({
    phase: 'ended',
    outcome: 'not-applicable',
    problem,
    steps: [step({ status: 'waiting', problem })],
  })
  const text = plain(treeLines({ run: ended, now: BEGAN, frame: 0, width: 100 }))
  expect(text.match(/there is one revision only/g)).toHaveLength(1)
})

test('a plan is wrapped where sentences are, and never where values change', () => {
  const text = plain(planLines({ service: 'checkout', environment: 'production', steps: [step()] }, 60))
  const long = text.split('\n').filter((line) => line.length > 60 && !/^ {3}[-+] /.test(line))
  expect(long).toEqual([])
  expect(text).toMatch(/! UNVERIFIED_TARGET \(has to be accepted\): no finished\n {5}run/)
})

describe('lines', () => {
  test('hold nothing that a terminal would obey, whoever wrote the text', () => {
    const reason = 'calm\u001b[2J\u001b]0;owned\u0007 \u202edlrow\r\nnext'
    const lines = paint(treeLines({ run: run({ reason }), now: BEGAN, frame: 0, width: 200 }), {
      colour: false,
      width: 200,
    })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is what is tested
    expect(lines.join('\n')).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
  })

  test('are never wider than the terminal, also in East Asian scripts', () => {
    const lines = paint(
      treeLines({ run: run({ reason: '结账服务出错'.repeat(20) }), now: BEGAN, frame: 0, width: 200 }),
      {
        colour: false,
        width: 40,
      },
    )
    expect(Math.max(...lines.map(columns))).toBeLessThanOrEqual(40)
  })

  test('are coloured only where that is asked for', () => {
    const [line] = paint([[['good', 'done']]], { colour: true, width: 80 })
    expect(line).toBe('\u001b[32mdone\u001b[39m')
    expect(plain([[['good', 'done']]])).toBe('done')
  })

  test('of the timeline carry the time of day, the step and who did it', () => {
    const event = {
      seq: 1,
      at: BEGAN,
      type: 'decided',
      text: 'retry',
      stepId: 'kubernetes-1',
      actor: 'anna',
      verified: false,
    } as const
    expect(plain([eventLine(event)])).toBe('10:00:00  kubernetes-1  retry  (anna, unverified)')
  })
})
