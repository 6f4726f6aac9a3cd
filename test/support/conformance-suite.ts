import { describe, it } from 'vitest'
import { conformance, type Fixture } from './conformance.ts'

/**
 * The conformance suite as tests. The fixture is asked for when the first of them runs, and once. `inapplicable` names the
 * cases that have no meaning for a target, each with the reason; it has tests of its own in their place.
 */
export function describeTarget(
  name: string,
  fixture: () => Promise<Fixture>,
  inapplicable: Readonly<Record<string, string>> = {},
): void {
  let opened: Promise<Fixture> | undefined
  const open = () => {
    opened ??= fixture()
    return opened
  }
  const strange = Object.keys(inapplicable).filter((line) => !conformance.some((one) => one.name === line))
  if (strange.length > 0) throw new Error(`the suite has no case called ${strange.join(', ')}`)
  describe(`${name} keeps the contract of a target`, () => {
    for (const { name: line, run } of conformance)
      if (!Object.hasOwn(inapplicable, line)) it(line, async () => run(await open()))
  })
}
