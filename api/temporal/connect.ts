import { setTimeout as pause } from 'node:timers/promises'
import { Client, Connection, isRetryableError, makeGrpcRetryInterceptor } from '@temporalio/client'
import type { TemporalPlace } from '../../config/temporal.ts'

/** A client that connects with its first call. */
export interface TemporalClient {
  connection: Connection
  client: Client
  /** Closes the connection once no call can touch it any more. */
  close(): Promise<void>
}

const LONGEST_RETRY = 250

/** Opens a client without touching the network. It is soon back after Temporal was away, and may be closed at any time. */
export function connectLazily({ connectionOptions, namespace }: TemporalPlace): TemporalClient {
  let closing = false
  const retry = makeGrpcRetryInterceptor({
    // Each call has a deadline, which ends the tries; an outage that is shorter is not noticed.
    retryableDecider: (_attempt, status) => !closing && isRetryableError(status),
    delayFunction: (attempt) => Math.min(LONGEST_RETRY, 25 * 2 ** attempt),
  })
  const connection = Connection.lazy({
    ...connectionOptions,
    interceptors: [retry],
    // gRPC waits up to two minutes between tries by itself; whoever restarts Temporal in an incident does not.
    channelArgs: { 'grpc.initial_reconnect_backoff_ms': 250, 'grpc.max_reconnect_backoff_ms': 2_000 },
  })
  return {
    connection,
    client: new Client({ connection, namespace }),
    async close() {
      closing = true
      // A retry that waits already would find the channel closed and bring the process down.
      await pause(2 * LONGEST_RETRY)
      await connection.close()
    },
  }
}
