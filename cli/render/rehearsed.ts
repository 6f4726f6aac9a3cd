import { readable } from '../../model/duration.ts'
import type { Rehearsed } from '../../rehearsal/index.ts'
import type { Line } from './span.ts'

/** One scenario as a line, with what differed below it. */
export function rehearsedLines({ file, name, passed, differences, took }: Rehearsed, withFile: boolean): Line[] {
  return [
    [
      passed ? ['good', '✔ '] : ['bad', '✗ '],
      ['plain', withFile ? `${file}: ${name}` : name],
      ['dim', `  ${readable(took)}`],
    ],
    ...differences.map((difference): Line => [['bad', `    ${difference}`]]),
  ]
}

/** How many did what they should. */
export function sumLines(results: readonly Rehearsed[]): Line[] {
  const failed = results.filter(({ passed }) => !passed).length
  const passed = results.length - failed
  return [[[failed > 0 ? 'bad' : 'good', `${passed} passed, ${failed} failed`]]]
}

/** The results as JUnit XML, which CI systems read: a suite per file. */
export function junit(results: readonly Rehearsed[]): string {
  const files = [...new Set(results.map(({ file }) => file))]
  const suites = files.map((file) =>
    suite(
      file,
      results.filter((result) => result.file === file),
    ),
  )
  return ['<?xml version="1.0" encoding="UTF-8"?>', '<testsuites>', ...suites, '</testsuites>'].join('\n')
}

function suite(file: string, results: readonly Rehearsed[]): string {
  const failed = results.filter(({ passed }) => !passed).length
  const cases = results.map(({ name, differences, took }) => {
    const failure = differences.length > 0 ? `<failure message="${xml(differences.join('; '))}"/>` : ''
    return `    <testcase classname="${xml(file)}" name="${xml(name)}" time="${took / 1_000}">${failure}</testcase>`
  })
  return [
    `  <testsuite name="${xml(file)}" tests="${results.length}" failures="${failed}">`,
    ...cases,
    '  </testsuite>',
  ].join('\n')
}

function xml(text: string): string {
  const named: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
  return text.replace(/[&<>"]/g, (char) => named[char] ?? char).replace(/[\u0000-\u001f\u007f]/g, ' ')
}
