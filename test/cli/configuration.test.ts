import { expect, test } from 'vitest'
import { configurationText } from '../../cli/render/configuration.ts'
import { readConfiguration } from '../../config/load.ts'

test.each([
  ['8'.repeat(64), '1e10', 'production'],
  [`${'0'.repeat(31)}1e${'9'.repeat(31)}`, '0x1f', 'true'],
  ['0'.repeat(64), '12345678-0000-4000-8000-000000000000', '1e10'],
  ['007'.padEnd(64, '7'), 'null', 'null'],
  ['a'.repeat(64), 'yes', '2026-01-01'],
])('a first configuration reads %s, %s and %s back as the text they are', (caSha256, clusterUid, name) => {
  const pin = { server: 'https://203.0.113.10:6443', caSha256, clusterUid }
  const choices = { environment: name, connection: name, namespace: name, context: 'a: {b}', kubeconfig: '/x/#y' }
  const { connections, environments, worker } = readConfiguration(configurationText(pin, choices), 'unwind.yaml')
  const images = { private: [], plain: [] }
  expect(connections).toEqual({ [name]: { kind: 'kubernetes', environment: name, ...pin, images } })
  expect(environments[name]).toMatchObject({ cluster: name, namespace: name })
  expect(worker.credentials).toEqual({ [name]: { context: 'a: {b}', kubeconfig: '/x/#y' } })
})
