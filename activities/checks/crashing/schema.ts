import { z } from 'zod'
import { defineMeasurement } from '../../../model/measurement.ts'
import { Name } from '../../../model/step.ts'
import { Workload } from '../../targets/kubernetes/schema.ts'

const Count = z.int().min(0).max(10_000)

export const CrashingMeasurement = z
  .strictObject({
    crashing: Workload.describe(
      'The workload whose pods are counted that crash: deployment/<name>, statefulset/<name> or daemonset/<name>.',
    ),
    namespace: Name.describe('Where the workload is.'),
    atLeast: Count.min(1).optional().describe('So many pods crash: what a trigger looks out for.'),
    atMost: Count.optional().describe('No more crash: what a check wants.'),
    cluster: Name.optional().describe('The connection of kind kubernetes. Default: the only one of the environment.'),
  })
  .refine(
    ({ atLeast, atMost }) => (atLeast === undefined) !== (atMost === undefined),
    'state one bound: atLeast or atMost',
  )
  .meta({
    id: 'CrashingMeasurement',
    title: 'Crashing pods',
    description: 'Counts the pods of a workload that can’t start, or ended with an error within the last five minutes.',
  })
export type CrashingMeasurement = z.infer<typeof CrashingMeasurement>

export const crashingKind = defineMeasurement({
  schema: CrashingMeasurement,
  connection: { kind: 'kubernetes', field: 'cluster' },
  // Fires when too many crash, whichever way that is written.
  trigger: ({ atMost }) => (atMost === undefined ? 'holds' : 'fails'),
  title: ({ crashing, atLeast, atMost }) =>
    `${atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`} pods of ${crashing} crash`,
})
