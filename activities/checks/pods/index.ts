import { UnwindError } from '../../../model/errors.ts'
import { defineCheck } from '../../../model/measurement.ts'
import { PodsMeasurement } from './schema.ts'

/**
 * Measures by asking the target of the measured step once. What is still moving is not healthy yet: it fails this look,
 * and a later one may pass.
 */
export const pods = defineCheck<typeof PodsMeasurement, never>({
  schema: PodsMeasurement,
  measure: async ({ of }, { verify }) => {
    if (!verify) throw new UnwindError('INTERNAL', `pods of ${of}: the run holds no state of that step`)
    const answer = await verify()
    if ('status' in answer) return answer
    return { status: 'fail', evidence: answer.evidence }
  },
})
