import { expect, test } from 'vitest'
import { measurements } from '../../activities/checks/schemas.ts'
import { kinds } from '../../activities/schemas.ts'
import { readExpectation } from '../../exchange/import/expectation.ts'
import { importRunbook, knownBy } from '../../exchange/import/index.ts'

const known = knownBy(kinds, measurements)
const read = (source: string) => importRunbook(source, { format: 'auto', name: 'shop', known })

test('who is told by a channel is told; what only a person can do is ticked', () => {
  const told = (line: string) =>
    read(`name: x\nsteps: [kubectl rollout undo deploy/x]\ncommunicate: ["${line}"]`).document
  for (const line of ['Notifier #ops-alerts', 'Notify the team in #ops-alerts', 'Post to #ops-alerts.'])
    expect(told(line)['communicate'], line).toEqual({ finished: ['ops-alerts'] })
  for (const line of ['Update the status page', 'Mettre à jour la page de statut'])
    expect(told(line)['communicate'], line).toEqual({ started: ['status-page'], finished: ['status-page'] })
  for (const line of [
    'Créer ticket post-mortem',
    'Open a Jira ticket for the post-mortem',
    'Create a post-mortem issue',
  ])
    expect(told(line)['communicate'], line).toEqual({ ticket: ['post-mortem'] })
  for (const line of ['Update the status page and the wiki', 'Open a ticket', 'Schedule the post-mortem'])
    expect(told(line)['communicate'], line).toBeUndefined()
  for (const line of ['Notify #a and #b', 'Notify legal', 'Notify #ops and open a ticket'])
    expect(told(line)['communicate'], line).toBeUndefined()
})

test('sentences about measurements are read strictly, in English and French', () => {
  expect(readExpectation("Taux d'erreur < 1%")?.measurement).toEqual({ prometheus: 'error_rate', below: 0.01 })
  expect(readExpectation('Latence p95 > 2s pendant 10 min')?.measurement).toEqual({
    prometheus: 'latency_p95',
    above: '2s',
    for: '10m',
  })
  expect(readExpectation('All pods healthy')?.measurement).toEqual({ pods: 'healthy' })
  expect(readExpectation('Multiple pod crashes')?.measurement).toEqual({ atLeast: 2, for: '1m' })
  for (const text of [
    'Error rate is fine',
    'Error rate > 200%',
    'p99 latency < 5%',
    'Most pods healthy',
    'Latency < 1s',
  ])
    expect(readExpectation(text), text).toBeUndefined()
})
