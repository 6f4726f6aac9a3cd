import { describe, expect, test } from 'vitest'
import { EXIT_MEANINGS, exitOfCode, exitOfRun } from '../../cli/exit.ts'
import { type ErrorCode, errors } from '../../model/errors.ts'
import { parkedRun, run, step } from './record.ts'

describe('the exit code', () => {
  test.each(Object.keys(errors) as ErrorCode[])('of %s is one that the help explains', (code) => {
    expect(EXIT_MEANINGS.map(([number]) => number)).toContain(exitOfCode(code))
  })

  test('of a word that is not in the table is 1', () => {
    expect(exitOfCode('toString')).toBe(1)
  })

  test('of a run says whether it recovered, needs a person, or ended otherwise', () => {
    const problem = { code: 'TARGET_OWNED', message: 'Helm owns it' } as const
    expect(exitOfRun(run())).toBeUndefined()
    expect(exitOfRun(run({ phase: 'ended', outcome: 'recovered' }))).toBe(0)
    expect(exitOfRun(run({ phase: 'ended', outcome: 'aborted' }))).toBe(9)
    expect(exitOfRun(run({ phase: 'ended', outcome: 'not-applicable', problem }))).toBe(3)
    expect(exitOfRun(run({ phase: 'awaiting-approval' }))).toBe(8)
    expect(exitOfRun(parkedRun())).toBe(8)
  })

  test('of a paused run is 8 only once the pause has taken effect', () => {
    const pause = { by: 'anna', at: 0 }
    expect(exitOfRun(run({ pause, steps: [step({ status: 'verifying' })] }))).toBeUndefined()
    expect(exitOfRun(run({ pause }))).toBe(8)
  })
})
