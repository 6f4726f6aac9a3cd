import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Ledger, LedgerRelease } from '../../model/service/facts.ts'
import { until } from '../support/until.ts'
import { type Lab, openLab } from './kubernetes-lab.ts'
import { deploymentOf, IMAGE } from './kubernetes-manifests.ts'
import { connectAs, manifest } from './kubernetes-accounts.ts'
import { codes, target, verbs } from './kubernetes-verbs.ts'

let lab: Lab
beforeAll(async () => {
  lab = await openLab(inject('kubeconfig'))
})
afterAll(() => lab.close())

function release(tag: string, changes: Partial<LedgerRelease> = {}): LedgerRelease {
  const [version, images] = [`v${tag}`, [`${IMAGE}:${tag}`]]
  return { version, images, deployedAt: 1, verified: false, denied: false, migrations: [], ...changes }
}

function known(...releases: LedgerRelease[]): { ledger: () => Promise<Ledger> } {
  return { ledger: async () => ({ releases }) }
}

const unanswered = { ledger: async () => undefined }

describe('what the ledger tells a plan of a Deployment', () => {
  it('last-good is the newest earlier release that is verified, without a confirmation', async () => {
    for (const image of ['3.7', '3.8', '3.9']) await lab.deploy('good', { image })
    const last = verbs(lab, 'good', { to: 'last-good' })
    const ledger = known(
      release('3.9', { migrations: ['m1'], commit: 'abcdef0' }),
      release('3.8'),
      release('3.7', { verified: true }),
    )
    const plan = await last.plan(ledger)
    expect(plan).toMatchObject({
      release: 'v3.7',
      artifacts: { from: [`${IMAGE}:3.9`], to: [`${IMAGE}:3.7`] },
      lost: ['release v3.9 (commit abcdef0)', 'what came with migration m1 of v3.9', 'release v3.8'],
    })
    expect(codes(plan)).not.toContain('UNVERIFIED_TARGET')
    for (const no of [unanswered, known(), known(release('3.8', { verified: true, denied: true }))])
      expect(codes(await last.plan(no))).toContain('UNVERIFIED_TARGET')
  })

  it('a version is what was recorded as it; one that is denied asks, and no answer is no missing release', async () => {
    for (const image of ['3.7', '3.8']) await lab.deploy('named', { image })
    const named = verbs(lab, 'named', { to: 'v3.7' })
    const plan = await named.plan(known(release('3.8'), release('3.7', { denied: true })))
    expect(plan.summary).toContain('→ revision 1')
    expect(plan.warnings).toContainEqual(expect.objectContaining({ code: 'DENIED_TARGET', confirm: true }))
    expect((await named.planOnceError(unanswered)).code).toBe('TARGET_UNREACHABLE')
    expect((await named.planError(known(release('3.8')))).code).toBe('NO_ROLLBACK_TARGET')
  })
})

describe('denied images', () => {
  const rule = (denied: string[]) => ({ denied, place: { namespace: lab.namespace }, reason: 'loses orders' })
  const refusalOf = async (name: string, image: string): Promise<string> => {
    const body = deploymentOf(lab.named(name), { image })
    const path = `/apis/apps/v1/namespaces/${lab.namespace}/deployments?dryRun=All`
    return lab.ask('POST', path, body).then(
      () => '',
      (error: unknown) => String(error),
    )
  }

  it('are refused by the cluster until they are no longer, and nothing else is', async () => {
    const account = lab.named('unwind-enforcer')
    await lab.apply(...(await enforcer(account)))
    const connection = await connectAs(lab, account)
    const context = {
      connection,
      signal: AbortSignal.timeout(60_000),
      service: `s-${lab.namespace}`,
      environment: 'test',
    }
    await lab.deploy('bad', { image: '3.8' })
    const digest = `sha256:${'a'.repeat(64)}`
    const { object = '' } = (await target.enforce?.(rule([`${IMAGE}:3.8`, `${IMAGE}@${digest}`]), context)) ?? {}
    expect(object).toContain(`unwind.test.s-${lab.namespace}`)
    await until(
      () => refusalOf('new', '3.8'),
      (refusal) => refusal.includes('loses orders'),
      (refusal) => `the image is let in (${refusal})`,
      60_000,
    )
    expect(await refusalOf('digest', `3.6@${digest}`)).toContain('loses orders')
    expect(await refusalOf('fine', '3.9')).toBe('')
    // What has the image already can be scaled, and rolled back from.
    await lab.patch('bad', { spec: { replicas: 2 } })
    await lab.deploy('bad', { image: '3.7' })
    await target.enforce?.(rule([`${IMAGE}:3.8`]), context)
    await target.enforce?.(rule([]), context)
    await target.enforce?.(rule([]), context)
    await until(
      () => refusalOf('later', '3.8'),
      (refusal) => refusal === '',
      (refusal) => `it is refused still: ${refusal}`,
      60_000,
    )
  })

  it('are not refused by an account without the rights, which says which one is missing', async () => {
    const account = lab.named('unwind-plain')
    await lab.apply(...(await manifest('operator.yaml', account)))
    const connection = await connectAs(lab, account)
    const context = { connection, signal: AbortSignal.timeout(60_000), service: 's', environment: 'test' }
    await expect(target.enforce?.(rule([`${IMAGE}:3.8`]), context)).rejects.toMatchObject({
      code: 'TARGET_FORBIDDEN',
      message: expect.stringContaining('get validatingadmissionpolicies.admissionregistration.k8s.io'),
    })
  })
})

/** The account of operator.yaml with the rights of enforce.yaml, under names of the lab's own. */
async function enforcer(account: string): Promise<object[]> {
  const [role, binding] = await manifest('enforce.yaml', account)
  const name = `${account}-${lab.namespace}`
  const subjects = [{ kind: 'ServiceAccount', name: account, namespace: lab.namespace }]
  return [
    ...(await manifest('operator.yaml', account)),
    { ...role, metadata: { name } },
    {
      ...binding,
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects,
    },
  ]
}
