import { readFile } from 'node:fs/promises'
import { githubDescription } from '../../../tools/descriptions.ts'
import { type Contract, contractOf, type Description } from '../contract.ts'

/** GitHub's own description, read once: what is checked, and its examples by name, whose every field a double need not invent. */
export interface GitHubContract {
  contract: Contract
  example(name: string): Record<string, unknown>
}

let read: Promise<GitHubContract> | undefined

export function githubContract(): Promise<GitHubContract> {
  read ??= load()
  return read
}

async function load(): Promise<GitHubContract> {
  const description = JSON.parse(await readFile(await githubDescription(), 'utf8')) as Description
  const examples = (description.components?.['examples'] ?? {}) as Record<string, { value?: unknown }>
  return {
    contract: contractOf(description),
    example: (name) => {
      const value = examples[name]?.value
      if (value === undefined) throw new Error(`GitHub's description has no example ${name}`)
      return structuredClone(Array.isArray(value) ? value[0] : value) as Record<string, unknown>
    },
  }
}
