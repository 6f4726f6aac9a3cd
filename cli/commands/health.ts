import { connect } from '../client.ts'
import type { ApiOptions } from '../define/options.ts'
import { EXIT } from '../exit.ts'
import { terminal } from '../terminal.ts'

/** An answer after that is no answer, for whoever probes. Milliseconds. */
const WITHIN = 5_000

/** `unwind health`: whether rollbacks can be carried out now, or with `--live` whether the API answers at all. */
export async function health({ live, ...options }: ApiOptions & { live?: boolean }): Promise<number> {
  const client = await connect(options)
  await client.call({ path: live ? '/healthz' : '/readyz', within: WITHIN })
  terminal().say(`${client.url} answers${live ? '' : ', Temporal is there, and a worker polls'}.`)
  return EXIT.ok
}
