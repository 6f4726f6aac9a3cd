import type { KeyObject } from 'node:crypto'
import type { Answered, Asked } from '../../double.ts'
import type { GitHubContract } from '../github-contract.ts'

/** What a repository on GitHub holds beside its git: as much of it as rollbacks touch. Tests set what they need. */
export interface RepositoryState {
  /** `owner/name`. */
  name: string
  /** Its bare git repository. */
  bare: string
  runs: Run[]
  pulls: Pull[]
  /** Somebody merges each pull request once it was looked at. */
  merges: boolean
  /** Branches that take commits by pull requests only. */
  protected: Set<string>
  /** Answers of a dispatch: 200 with the run, as now, or 204 without a body, as before and on older servers. */
  dispatchAnswers: 200 | 204
  /** New runs are left out of lists until so many lists were answered, as GitHub's may be late. */
  listsLate: number
  /** The key that the App signs with. */
  appKey: KeyObject | undefined
  /** What runs end as that nobody holds: a little further with each look. Undefined: they go on until a test ends them. */
  ends: string | undefined
  /** Workflow files that somebody has switched off. */
  disabled: Set<string>
  /** Environments with reviewers: a run of a job in one waits. By name. */
  environments: Map<string, { reviewers: string[] }>
}

export interface Served extends GitHubContract {
  state: RepositoryState
  git(...args: string[]): string
  /** Undefined where git says no. */
  gitMaybe(...args: string[]): string | undefined
}

/** One route: what the path holds in its groups is decoded. */
export type Route = readonly [
  method: string,
  path: RegExp,
  answer: (served: Served, parts: string[], asked: Asked) => Answered,
]

/** An error in GitHub's form. */
export function said(status: number, message: string): Answered {
  return { status, body: { message, documentation_url: 'https://docs.github.com/rest', status: String(status) } }
}

/** One run of a workflow, as far as it decides anything. */
export interface Run {
  id: number
  /** Its file name. */
  workflow: string
  branch: string
  sha: string
  title: string
  inputs: Record<string, string>
  status: 'queued' | 'in_progress' | 'waiting' | 'completed'
  conclusion: string | null
  attempt: number
  jobs: { name: string; conclusion: string | null; steps: { name: string; conclusion: string | null }[] }[]
  /** The environment whose reviewers it waits for. */
  waitsFor?: string | undefined
  /** Lists that still leave it out. */
  unseen: number
}

/** One pull request, as far as it decides anything. */
export interface Pull {
  number: number
  title: string
  body: string
  head: string
  base: string
  state: 'open' | 'closed'
  merged: boolean
  /** Whether its required reviews and checks are there. */
  ready: boolean
  /** Of its head, by name; null: under way. */
  checks: Record<string, string | null>
  /** Its branch has to hold the newest commit of the base. */
  strict?: boolean
}
