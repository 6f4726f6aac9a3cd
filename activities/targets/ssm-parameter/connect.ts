import { SSMClient } from '@aws-sdk/client-ssm'
import { type Aws, connect as connectAws } from '../../aws/connect.ts'

/** Clients by the connection that they were made from: they keep their sockets. */
const clients = new WeakMap<Aws, SSMClient>()

/** The Parameter Store of a connection of kind aws, which may have been opened by another kind of step. */
export function ssmOf(aws: Aws): SSMClient {
  const client = clients.get(aws) ?? new SSMClient(aws.settings)
  clients.set(aws, client)
  return client
}

export const connect = connectAws
