import { expect, test } from 'vitest'
import { readConfiguration } from '../../config/load.ts'

const text = (groups: string) => `apiVersion: unwind/v1
kind: Configuration
environments:
  production:
    protected: true
    policy: { approvals: [{ min: 1, groups: [${groups}] }] }
connections: {}
`

test('a protected environment wants to know whose approval counts', () => {
  expect(readConfiguration(text('sre'), 'unwind.yaml').environments['production']?.protected).toBe(true)
  expect(() => readConfiguration(text(''), 'unwind.yaml')).toThrow(
    'unwind.yaml:6:27: environments.production.policy.approvals[0]: production is protected: name the groups whose approval counts',
  )
})
