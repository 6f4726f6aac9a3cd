import type { Hold } from '../../../activities/targets/argo-cd/schema.ts'
import { startArgo } from '../../../tools/argocd/server.ts'
import { startCluster } from '../../../tools/kubernetes/cluster.ts'
import { argoFixture } from '../../argo/fixture.ts'
import { openArgo } from '../../argo/lab.ts'
import { ACCOUNTS } from '../../support/argo-setup.ts'
import { conformance, type Fixture } from '../../support/conformance.ts'
import { gitFixture, openGit } from '../../git/fixture.ts'
import { githubFixture, INAPPLICABLE, openGitHub } from '../../git/github-fixture.ts'
import { protectedPlace, pullRequestFixture } from '../../git/pull-request-fixture.ts'

/** A target that needs no cluster but one of its own: opens what it runs against, and says which cases have no meaning for it. */
interface Other {
  open(): Promise<{ fixture: Fixture; close(): Promise<void> }>
  inapplicable?: Readonly<Record<string, string>>
}

/** Applications of an Argo CD on a control plane of its own, with this hold or none. */
async function openArgoCd(hold?: Hold) {
  const cluster = await startCluster()
  const servers: { stop(): Promise<void> }[] = [cluster]
  const close = async () => {
    for (const server of servers.toReversed()) await server.stop()
  }
  try {
    const argo = await startArgo(cluster, ACCOUNTS)
    servers.push(argo)
    const lab = await openArgo({ kubeconfig: cluster.kubeconfig, ...argo })
    servers.push({ stop: () => lab.close() })
    return { fixture: await argoFixture(lab, hold), close }
  } catch (error) {
    await close()
    throw error
  }
}

/** By the names that `--targets` takes. */
export const others: Readonly<Record<string, Other>> = {
  'git-revert': {
    open: async () => {
      const lab = await openGit()
      return { fixture: gitFixture(lab, await lab.place()), close: () => lab.close() }
    },
  },
  'git-revert-by-pull-request': {
    open: async () => {
      const lab = await openGit()
      const place = await protectedPlace(lab)
      const close = () => Promise.all([place.github.close(), lab.close()]).then(() => undefined)
      return { fixture: pullRequestFixture(lab, place, 'open'), close }
    },
  },
  'github-actions': {
    inapplicable: INAPPLICABLE,
    open: async () => {
      const lab = await openGitHub()
      return { fixture: await githubFixture(lab), close: () => lab.close() }
    },
  },
  'argo-cd': { open: () => openArgoCd() },
  'argo-cd-by-window': { open: () => openArgoCd('window') },
  'argo-cd-switched-off': { open: () => openArgoCd('disable-auto-sync') },
}

/** Runs the suite against one of them. */
export async function proveOther(
  name: string,
  { open, inapplicable = {} }: Other,
  report: (line: { name: string; passed: boolean; detail?: string }) => void,
): Promise<void> {
  const { fixture, close } = await open()
  try {
    for (const { name: line, run } of conformance) {
      if (Object.hasOwn(inapplicable, line)) continue
      const detail = await run(fixture).then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      )
      report({ name: `${name}: ${line}`, passed: detail === undefined, ...(detail !== undefined && { detail }) })
    }
  } finally {
    await close()
  }
}
