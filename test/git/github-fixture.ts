import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { gitHubActions } from '../../activities/targets/github-actions/index.ts'
import type { Target } from '../../model/target.ts'
import { type GitHubRepository, startGitHubRepository, TOKENS } from '../doubles/vendors/github-repository/index.ts'
import type { Fixture, Subject } from '../support/conformance.ts'
import { startProxy } from '../support/conformance-proxy.ts'
import { type GitLab, openGit, type Place } from './fixture.ts'

export const target = gitHubActions as unknown as Target

/** A repository on GitHub: its API by a double, its files in a real git. */
export interface GitHubLab {
  git: GitLab
  place: Place
  github: GitHubRepository
  connect(url?: string, account?: keyof typeof TOKENS): Promise<unknown>
  credentials(url?: string, account?: keyof typeof TOKENS): Record<string, unknown>
  /** Commits a workflow that takes `version` and shows its mark, and answers its file name. */
  workflow(more?: object): string
  close(): Promise<void>
}

export async function openGitHub(): Promise<GitHubLab> {
  const git = await openGit()
  const place = await git.place()
  const github = await startGitHubRepository(`acme/${place.name}`, place.bare)
  for (const [account, token] of Object.entries(TOKENS))
    process.env[`UNWIND_TEST_GITHUB_${account.toUpperCase()}`] = token
  const credentials: GitHubLab['credentials'] = (url = github.url, account = 'writer') => ({
    token: { env: `UNWIND_TEST_GITHUB_${account.toUpperCase()}` },
    pin: { origin: url, repository: github.state.name, poll: '100ms' },
  })
  const workflow = (more: object = {}) => {
    const name = `roll-back-${randomUUID().slice(0, 8)}.yml`
    place.commit({ [`.github/workflows/${name}`]: JSON.stringify({ ...WORKFLOW, ...more }) })
    return name
  }
  return {
    ...{ git, place, github, credentials, workflow },
    connect: (url, account) => gitHubActions.connect(credentials(url, account), 'github'),
    close: async () => {
      await github.close()
      await git.close()
    },
  }
}

/** JSON is YAML. */
export const WORKFLOW = {
  name: 'Roll back',
  'run-name': 'Roll back to ${{ inputs.version }} (${{ inputs.rollback_id }})',
  on: {
    workflow_dispatch: {
      inputs: { version: { required: true, type: 'string' }, rollback_id: { required: false, type: 'string' } },
    },
  },
  jobs: { deploy: { 'runs-on': 'ubuntu-latest', environment: 'production', steps: [{ run: './deploy.sh' }] } },
}

export function stepOf(workflow: string, more: object = {}): Record<string, unknown> {
  return { kind: 'github-actions', workflow, inputs: { version: 'v1.8' }, ...more }
}

/** Workflows of one repository, in each situation that the conformance suite asks for. */
export async function githubFixture(lab: GitHubLab): Promise<Fixture> {
  const arrange = async () => subjectOf(lab, lab.workflow())
  return {
    ...{ target, connection: await lab.connect(), arrange },
    empty: async () => ({ step: stepOf('none.yml') }),
    // Nothing else carries out a workflow in place of what was asked for.
    owned: async () => ({ step: stepOf(lab.workflow()) }),
    forbidden: async () => ({
      connection: await lab.connect(lab.github.url, 'reader'),
      right: /give it actions=write/,
    }),
    unreachable: () => lab.connect('http://127.0.0.1:9'),
    secret: async () => {
      const canary = 'canary-in-the-workflow-9Zq'
      const workflow = lab.workflow({ env: { PASSWORD: canary } })
      return { subject: subjectOf(lab, workflow), canaries: [canary, ...Object.values(TOKENS)] }
    },
    proxied: async () => {
      const proxy = await startProxy({
        url: new URL(lab.github.url),
        options: { headers: { authorization: `Bearer ${TOKENS.writer}` } },
        isWrite: (method, path) => method === 'POST' && path.endsWith('/dispatches'),
      })
      const module = fileURLToPath(new URL('../../activities/targets/github-actions/index.ts', import.meta.url))
      return { proxy, credentials: lab.credentials(proxy.url), module, exported: 'gitHubActions' }
    },
  }
}

function subjectOf({ place, github: { state } }: GitHubLab, workflow: string): Subject {
  const path = `.github/workflows/${workflow}`
  const runs = () => state.runs.filter((run) => run.workflow === workflow)
  return {
    step: stepOf(workflow),
    read: async () => [
      place.git('show', `main:${path}`),
      runs().map(({ inputs: { rollback_id: _mark, ...inputs }, conclusion }) => ({ inputs, conclusion })),
    ],
    version: async () => JSON.stringify([place.git('rev-parse', 'main'), runs()]),
    elsewhere: async () => {
      place.commit({ [path]: JSON.stringify({ ...WORKFLOW, env: { CHANGED: randomUUID() } }) })
      // Somebody has re-run what there is, which failed.
      for (const run of runs()) Object.assign(run, { attempt: run.attempt + 1, conclusion: 'failure' })
    },
    irrelevant: async () => {
      const text = randomUUID()
      place.commit({ 'apps/search/deployment.yaml': text })
      return async () => place.git('show', 'main:apps/search/deployment.yaml') === text
    },
  }
}

/** Cases of the suite without a meaning here, each with the reason; tests stand in their place. */
export const INAPPLICABLE = {
  'the move reversed restores exactly': 'what a workflow has done stays done; undo by another one is shown by a test',
  'nothing to go back to is NO_ROLLBACK_TARGET, not retried':
    'a workflow goes back to nothing; of a release that the ledger lacks it is shown by a test',
  'killed in mid-apply, a second apply finishes: the write arrives late, after the second':
    'GitHub takes every dispatch, so that a late one starts a run; that it is stopped is shown by a test',
} as const
