import { expect, test } from 'vitest'
import { measurements } from '../../activities/checks/schemas.ts'
import { kinds } from '../../activities/schemas.ts'
import { importRunbook, knownBy } from '../../exchange/import/index.ts'

const known = knownBy(kinds, measurements)

test('the words of Argo Rollouts become steps, and those that are for people stay with them', () => {
  const source = [
    'kubectl argo rollouts abort shop -n prod',
    'kubectl argo rollouts undo shop -n prod --to-revision=3',
    'kubectl argo rollouts status shop -n prod --timeout 5m',
    'kubectl-argo-rollouts retry rollout shop',
    'kubectl argo rollouts promote shop --full',
    'kubectl argo rollouts promote shop',
    'kubectl argo rollouts retry experiment shop',
    'kubectl argo rollouts undo $NAME',
    'kubectl argo rollouts abort shop cart',
  ].join('\n')
  const { document, findings } = importRunbook(source, { format: 'auto', name: 'shop', known })
  expect(document['steps']).toMatchObject([
    { kind: 'argo-rollouts', rollout: 'shop', namespace: 'prod', action: 'abort' },
    { kind: 'argo-rollouts', rollout: 'shop', namespace: 'prod', to: 3 },
    { kind: 'argo-rollouts', rollout: 'shop', action: 'retry' },
    { kind: 'argo-rollouts', rollout: 'shop', action: 'promote-full' },
    { kind: 'manual' },
    { kind: 'manual' },
    { kind: 'argo-rollouts', rollout: '{{ parameters.name }}', to: 'previous' },
    { kind: 'manual' },
  ])
  expect(findings[0]?.reason).toContain('leaves the new template in the spec')
})
