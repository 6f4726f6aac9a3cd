import type { Connection } from '../../model/configuration.ts'
import { UnwindError } from '../../model/errors.ts'
import type { MeasureContext } from '../../model/measurement.ts'
import { type Cluster, connect } from '../kubernetes/connect.ts'

/** The cluster that a measurement names, as its configuration pins it. Throws CONFIGURATION_INVALID, TARGET_MISMATCH. */
export async function openCluster(
  { cluster = 'cluster' }: { cluster?: string | undefined },
  connection: MeasureContext<Connection>['connection'],
): Promise<Cluster> {
  const entry = connection?.entry
  if (!connection || entry?.kind !== 'kubernetes')
    throw new UnwindError(
      'CONFIGURATION_INVALID',
      `connection ${cluster} is not of kind kubernetes; correct unwind.yaml`,
    )
  const { environment: _environment, taskQueue: _taskQueue, kind: _kind, ...pin } = entry
  return connect({ ...connection.credentials, pin }, connection.name)
}
