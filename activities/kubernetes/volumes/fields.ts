import { z } from 'zod'
import { Name } from '../../../model/step.ts'

/** Fields of every step about the volumes of a StatefulSet. */
export const statefulSetFields = {
  workload: z
    .string()
    .regex(/^statefulsets?\/[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/, 'write statefulset/<name>')
    .describe('The StatefulSet: statefulset/<name>. All volumes of its claim templates are meant, of every replica.'),
  namespace: Name.optional().describe('Default: the namespace of the environment.'),
  cluster: Name.optional().describe('The connection. Default: the cluster of the environment.'),
}
