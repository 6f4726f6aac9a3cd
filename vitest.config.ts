import { defineConfig } from 'vitest/config'

const TEMPORAL = './test/support/temporal-setup.ts'
const CLUSTER = './test/support/cluster-setup.ts'
const VOLUMES = './test/support/volumes-setup.ts'
const ARGO = './test/support/argo-setup.ts'
const ROLLOUTS = './test/support/rollouts-setup.ts'
const BUILT = './test/support/built-setup.ts'

/** One project per layer: each starts only the real servers that it needs. */
function layer(name: string, globalSetup: string[] = [], limit = 60_000) {
  return {
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      globalSetup,
      pool: 'forks' as const,
      testTimeout: limit,
      hookTimeout: limit * 2,
    },
  }
}

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      layer('model'),
      layer('checks'),
      layer('config'),
      layer('exchange', [], 120_000),
      layer('archive', [], 120_000),
      layer('notify'),
      layer('flags', [], 300_000),
      layer('git', [], 120_000),
      layer('images', [], 300_000),
      layer('versions', [], 300_000),
      layer('tidy'),
      layer('replay'),
      layer('workflows', [TEMPORAL]),
      layer('api', [TEMPORAL]),
      layer('tools', [], 600_000),
      layer('targets', [CLUSTER], 120_000),
      layer('volumes', [VOLUMES], 180_000),
      layer('argo', [TEMPORAL, ARGO], 300_000),
      layer('rollouts', [ROLLOUTS], 180_000),
      layer('databases', [], 120_000),
      layer('cli', [BUILT, TEMPORAL, CLUSTER], 120_000),
      layer('e2e', [BUILT, TEMPORAL, CLUSTER], 600_000),
    ],
  },
})
