import { z } from 'zod'
import { defineMeasurement } from '../../../model/measurement.ts'
import { Name } from '../../../model/step.ts'

export const PodsMeasurement = z
  .strictObject({
    pods: z.literal('healthy').describe('What they have to be.'),
    of: Name.describe('The step before this one whose object is measured, at the state that the step left it in.'),
  })
  .meta({
    id: 'PodsMeasurement',
    title: 'Pods of a step',
    description: 'Asks the system of an earlier step whether its object is still in that state and healthy there.',
  })
export type PodsMeasurement = z.infer<typeof PodsMeasurement>

export const podsKind = defineMeasurement({
  schema: PodsMeasurement,
  of: 'of',
  title: ({ of }) => `pods of ${of} are healthy`,
})
