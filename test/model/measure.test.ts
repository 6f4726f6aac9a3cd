import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type MeasureRules, measure, NO_SAMPLES, type Sample, withSample } from '../../model/measure.ts'

const SINCE = 1_000_000
const RULES: MeasureRules = { every: 15_000, within: 300_000, consecutive: 4, warmUp: 0 }

/** Looks at their regular times: `p` pass, `f` fail, `i` inconclusive, `e` could not measure. */
function looks(letters: string, { every } = RULES): Sample[] {
  return [...letters].map((letter, index) => look(letter, SINCE + index * every))
}

function look(letter: string, at: number): Sample {
  const status = { p: 'pass', f: 'fail', i: 'inconclusive', e: 'error' } as const
  return { at, status: status[letter as 'p'], evidence: { summary: `look ${letter}` } }
}

function meaning(letters: string, changes: Partial<MeasureRules> = {}, now = SINCE + letters.length * 15_000) {
  const rules = { ...RULES, ...changes }
  const means = measure(looks(letters, rules), rules, { since: SINCE, now })
  return 'verdict' in means ? means.verdict.status : 'again'
}

const END = SINCE + RULES.within + 1

describe('a series of looks', () => {
  test.each<[string, string, Partial<MeasureRules>, 'pass' | 'fail' | 'inconclusive' | 'again']>([
    ['pppp', 'so many passes in a row pass', {}, 'pass'],
    ['ppp', 'fewer do not yet', {}, 'again'],
    ['fffpppp', 'failures before them count only where they have a limit', {}, 'pass'],
    ['pppfppp', 'a failure begins the row anew', {}, 'again'],
    ['pppippp', 'an inconclusive look begins the row anew', {}, 'again'],
    ['pppeppp', 'so does one that could not measure', {}, 'again'],
    ['f', 'more failures than the limit fail at once', { failureLimit: 0 }, 'fail'],
    ['fpf', 'exactly the limit does not', { failureLimit: 2 }, 'again'],
    ['fpfpf', 'one more does', { failureLimit: 2 }, 'fail'],
    ['ii', 'more inconclusive looks than the limit are inconclusive', { inconclusiveLimit: 1 }, 'inconclusive'],
    ['ppppf', 'nothing that comes later changes a verdict', { failureLimit: 0 }, 'pass'],
    ['fpppp', 'nor does anything change one that failed', { failureLimit: 0 }, 'fail'],
    ['eeeeee', 'what could not be measured ends nothing', { failureLimit: 0, inconclusiveLimit: 0 }, 'again'],
    ['ffpppp', 'looks during the warm-up are not counted', { failureLimit: 0, warmUp: 30_000 }, 'pass'],
    ['pppp', 'nor do they help', { warmUp: 30_000 }, 'again'],
    ['p', 'one pass is enough where one is asked for', { consecutive: 1 }, 'pass'],
  ])('%s: %s', (letters, _what, changes, expected) => {
    expect(meaning(letters, changes)).toBe(expected)
  })

  test.each([
    ['', 'inconclusive', 'nothing was measured within 5 min'],
    ['eee', 'inconclusive', 'not 4 passes in a row within 5 min (3 not measured); last: look e'],
    ['iii', 'inconclusive', 'not 4 passes in a row within 5 min (3 inconclusive); last: look i'],
    ['ppp', 'inconclusive', 'not 4 passes in a row within 5 min (3 passed); last: look p'],
    ['fppp', 'fail', 'not 4 passes in a row within 5 min (3 passed, 1 failed); last: look p'],
  ])('%j is %s when its time is over, and says why', (letters, status, summary) => {
    const means = measure(looks(letters), RULES, { since: SINCE, now: END })
    expect(means).toMatchObject({ verdict: { status, evidence: { summary } } })
  })

  test('is looked at again after its interval, sooner where it could not measure', () => {
    const at = (letters: string, rules: MeasureRules) =>
      measure(looks(letters, rules), rules, { since: SINCE, now: SINCE })
    expect(at('', RULES)).toEqual({ again: 0, doing: 'measures for the first time' })
    expect(at('f', RULES)).toEqual({ again: 15_000, doing: '0 of 4 passes in a row; last: look f' })
    expect(at('e', RULES)).toMatchObject({ again: 10_000 })
    expect(at('e', { ...RULES, every: 5_000 })).toMatchObject({ again: 5_000 })
    expect(at('p', { ...RULES, warmUp: 20_000 })).toMatchObject({ doing: expect.stringContaining('warming up') })
  })

  test('counts a look that begins in its last millisecond, and none that begins later', () => {
    const rules = { ...RULES, consecutive: 1, every: 1 }
    const at = (ms: number) => measure([look('p', SINCE + ms)], rules, { since: SINCE, now: END })
    expect(at(RULES.within)).toMatchObject({ verdict: { status: 'pass' } })
    expect(at(RULES.within + 1)).toMatchObject({ verdict: { status: 'inconclusive' } })
  })

  test('says what decided, whatever is seen later', () => {
    const rules = { ...RULES, failureLimit: 0 }
    const clock = { since: SINCE, now: END }
    expect(measure(looks('pfpi'), rules, clock)).toEqual(measure(looks('pf'), rules, clock))
  })

  test('ends as soon as no further look fits into its time', () => {
    const late = [look('p', SINCE + 290_000)]
    expect(measure(late, RULES, { since: SINCE, now: SINCE + 291_000 })).toHaveProperty('verdict')
    expect(measure(late, { ...RULES, every: 10_000 }, { since: SINCE, now: SINCE + 291_000 })).toHaveProperty('again')
  })
})

const rules = fc.record({
  every: fc.integer({ min: 1, max: 60_000 }),
  within: fc.integer({ min: 1, max: 600_000 }),
  consecutive: fc.integer({ min: 1, max: 5 }),
  failureLimit: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
  inconclusiveLimit: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
  warmUp: fc.integer({ min: 0, max: 60_000 }),
}) as fc.Arbitrary<MeasureRules>

/** Looks at any times after the beginning, in order. */
const samples = fc
  .array(fc.tuple(fc.constantFrom('p', 'p', 'p', 'f', 'i', 'e'), fc.integer({ min: 0, max: 60_000 })), {
    maxLength: 25,
  })
  .map((steps) => {
    let at = SINCE
    return steps.map(([letter, gap]) => look(letter, (at += gap)))
  })
const later = fc.integer({ min: 0, max: 700_000 }).map((ms) => SINCE + ms)

function status(series: readonly Sample[], given: MeasureRules, now: number): string {
  const means = measure(series, given, { since: SINCE, now })
  return 'verdict' in means ? means.verdict.status : 'again'
}

/** The rule for a pass, written down a second time and as plainly as possible. */
function provenBy(series: readonly Sample[], given: MeasureRules): boolean {
  const counted = series.filter(({ at }) => at >= SINCE + given.warmUp && at <= SINCE + given.within)
  return counted.some((_, index) => {
    const row = counted.slice(index, index + given.consecutive)
    return row.length === given.consecutive && row.every((sample) => sample.status === 'pass')
  })
}

test('promise 4, inconclusive is not success: nothing but so many passes in a row, in time, is a pass', () => {
  fc.assert(
    fc.property(samples, rules, later, (series, given, now) => {
      if (status(series, given, now) === 'pass') expect(provenBy(series, given)).toBe(true)
    }),
    { numRuns: 3_000 },
  )
})

test('without limits, so many passes in a row are always a pass', () => {
  fc.assert(
    fc.property(samples, rules, later, (series, limited, now) => {
      const { failureLimit: _failureLimit, inconclusiveLimit: _inconclusiveLimit, ...given } = limited
      if (provenBy(series, given)) expect(status(series, given, now)).toBe('pass')
    }),
  )
})

test('a pass that turns out worse never makes a pass of what was none', () => {
  const worse = fc.constantFrom<Sample['status']>('fail', 'inconclusive', 'error')
  fc.assert(
    fc.property(samples, rules, later, fc.nat(), worse, (series, given, now, place, instead) => {
      const passes = series.filter((sample) => sample.status === 'pass')
      if (passes.length === 0 || status(series, given, now) === 'pass') return
      const chosen = passes[place % passes.length]
      const changed = series.map((sample) => (sample === chosen ? { ...sample, status: instead } : sample))
      expect(status(changed, given, now)).not.toBe('pass')
    }),
    { numRuns: 2_000 },
  )
})

test('one more failure never makes a pass of what failed or was inconclusive', () => {
  fc.assert(
    fc.property(samples, rules, later, fc.nat(), (series, given, now, place) => {
      const before = status(series, given, now)
      if (before === 'pass' || before === 'again') return
      const index = place % (series.length + 1)
      const at = series[index - 1]?.at ?? SINCE
      const more = [...series.slice(0, index), look('f', at), ...series.slice(index)]
      expect(status(more, given, now)).not.toBe('pass')
    }),
    { numRuns: 2_000 },
  )
})

test('a verdict by its looks stays, whatever is seen later', () => {
  fc.assert(
    fc.property(samples, fc.nat(), rules, (series, place, given) => {
      const fold = (looked: readonly Sample[]) =>
        looked.reduce((all, sample) => withSample(all, sample, given, SINCE), NO_SAMPLES)
      const before = fold(series.slice(0, place % (series.length + 1))).ended
      if (before) expect(fold(series).ended).toBe(before)
    }),
  )
})

test('a series that is followed ends in its time, and the same series means the same', () => {
  fc.assert(
    fc.property(
      rules,
      fc.infiniteStream(fc.constantFrom('p', 'f', 'i', 'e')),
      fc.integer({ max: 500, min: 0 }),
      (given, letters, took) => {
        const limited = { ...given, every: Math.max(given.every, given.within / 50) }
        const series: Sample[] = []
        let now = SINCE
        for (const letter of letters) {
          const means = measure(series, limited, { since: SINCE, now })
          expect(measure(series, limited, { since: SINCE, now })).toEqual(means)
          if ('verdict' in means) break
          expect(means.again).toBeGreaterThanOrEqual(0)
          now += means.again
          expect(now).toBeLessThanOrEqual(SINCE + limited.within)
          series.push(look(letter, now))
          now += took
        }
        expect(series.length).toBeLessThan(60 + limited.within / 20)
      },
    ),
    { numRuns: 300 },
  )
})
