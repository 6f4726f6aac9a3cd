import assert from 'node:assert/strict'
import type { ContractSubject } from './subject.ts'

/** What RDS does, by its own words, as something that can be tried. */
export interface Rule {
  name: string
  /** Where AWS says so. */
  source: string
  run(subject: ContractSubject): Promise<void>
  /** Why moto does otherwise. Without it moto keeps the rule. */
  moto?: string
}

/** The call is refused with that code, on the wire or as the SDK names it. */
export async function refused(call: Promise<unknown>, code: string): Promise<void> {
  const error = await call.then(
    () => assert.fail(`was accepted, and ${code} was due`),
    (thrown: Error & { Code?: string }) => thrown,
  )
  assert.ok(
    [error.name, error.Code].some((one) => one === code || one === `${code}Fault`),
    `${error.name}, not ${code}`,
  )
}
