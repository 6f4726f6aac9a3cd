import { condition, defineQuery, defineSignal, setHandler } from '@temporalio/workflow'

/** Who holds an object: the rollback's workflow id and its first run id. */
export interface Holder {
  workflowId: string
  rollbackId: string
}

/**
 * Holds one object's lock by existing: its workflow id is the object. Its start is put off, so this runs where a lock
 * was taken by an earlier version, or held beyond the delay.
 */
export async function lock(holder: Holder): Promise<void> {
  let released = false
  setHandler(defineQuery<Holder>('holder'), () => holder)
  setHandler(defineSignal<[string]>('release'), (rollbackId) => {
    released ||= rollbackId === holder.rollbackId
  })
  await condition(() => released)
}
