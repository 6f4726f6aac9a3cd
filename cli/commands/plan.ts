import { connect } from '../client.ts'
import { postPlan, type RollbackRequest } from '../calls.ts'
import type { ApiOptions, Format } from '../define/options.ts'
import { EXIT } from '../exit.ts'
import { put } from '../output.ts'
import { planLines } from '../render/plan.ts'
import { type AskedOptions, requestOf } from '../request.ts'
import { terminal } from '../terminal.ts'

export type PlanOptions = AskedOptions & ApiOptions & { output?: Format }

/** `unwind plan`: what a rollback would do, by the API's dry run. */
export async function plan(workload: string | undefined, options: PlanOptions): Promise<number> {
  // A plan is not kept, so a reason is welcome but not demanded.
  return showPlan(await requestOf(workload, options, 'planned only'), options)
}

/** Plans a request and prints it. */
export async function showPlan(request: RollbackRequest, options: PlanOptions): Promise<number> {
  const client = await connect(options)
  const planned = await postPlan(client, request)
  const shown = { service: String(request['service']), environment: String(request['environment']), ...planned }
  await put(terminal(), options.output, planned, () => planLines(shown))
  return EXIT.ok
}
