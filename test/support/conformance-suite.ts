import { describe, it } from 'vitest'
import { conformance, type Fixture } from './conformance.ts'

/** The conformance suite as tests. The fixture is asked for when the first of them runs, and once. */
export function describeTarget(name: string, fixture: () => Promise<Fixture>): void {
  let opened: Promise<Fixture> | undefined
  const open = () => {
    opened ??= fixture()
    return opened
  }
  describe(`${name} keeps the contract of a target`, () => {
    for (const { name: line, run } of conformance) it(line, async () => run(await open()))
  })
}
