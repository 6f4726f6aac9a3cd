import { fileURLToPath } from 'node:url'
import { kubernetesRelease } from '../../activities/targets/kubernetes/release/index.ts'
import type { Target } from '../../model/target.ts'
import type { Fixture, Subject } from '../support/conformance.ts'
import { kubernetesFixture } from './kubernetes-fixture.ts'
import type { Lab } from './kubernetes-lab.ts'

export const target = kubernetesRelease as unknown as Target

/** A step for these workloads of the lab, as a runbook would write it. */
export function releaseStep({ namespace }: Lab, workloads: string[], more: object = {}): Record<string, unknown> {
  return { kind: 'kubernetes-release', workloads, namespace, soak: '0s', ...more }
}

/** The situations of one workload, as those of a release with one member: the suite changes one object at a time. */
export function releaseFixture(lab: Lab): Fixture {
  const one = kubernetesFixture(lab)
  const several = <Found extends Pick<Subject, 'step'>>(found: Found): Found => {
    const { workload, kind: _, ...step } = found.step
    return { ...found, step: { ...step, kind: 'kubernetes-release', workloads: [workload] } }
  }
  return {
    ...one,
    target,
    arrange: async () => several(await one.arrange()),
    empty: async () => several(await one.empty()),
    owned: async () => several(await one.owned()),
    secret: async () => {
      const { subject, canaries } = await one.secret()
      return { subject: several(subject), canaries }
    },
    proxied: async () => {
      const module = fileURLToPath(new URL('../../activities/targets/kubernetes/release/index.ts', import.meta.url))
      return { ...(await one.proxied()), module, exported: 'kubernetesRelease' }
    },
  }
}
