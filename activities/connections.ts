import type { Configuration } from '../model/configuration.ts'
import { UnwindError } from '../model/errors.ts'
import type { Target } from '../model/target.ts'

/** What opens connections of one kind: a target, or a check. */
export type Opener = Pick<Target, 'connect' | 'connectionKind'>

/** Opens each connection once and keeps it. A connection that failed to open is opened anew at the next call. */
export class Connections {
  readonly #configuration: Configuration
  readonly #open = new Map<string, Promise<unknown>>()

  constructor(configuration: Configuration) {
    this.#configuration = configuration
  }

  /**
   * The connection of that name for a kind. Kinds that share a kind of connection open it by the same function, so
   * whoever comes first opens it for all. Fails with CONFIGURATION_INVALID when this worker doesn't know it.
   */
  get(name: string, kind: string, opener: Opener): Promise<unknown> {
    const kept = this.#open.get(name)
    if (kept) return kept
    const opening = this.#connect(name, kind, opener)
    this.#open.set(name, opening)
    opening.catch(() => this.#open.delete(name))
    return opening
  }

  async #connect(name: string, kind: string, opener: Opener): Promise<unknown> {
    const connection = this.#configuration.connections[name]
    if (!connection)
      throw new UnwindError(
        'CONFIGURATION_INVALID',
        `this worker's unwind.yaml has no connection ${name}; add it, restart the worker and retry`,
      )
    if (connection.kind !== (opener.connectionKind ?? kind))
      throw new UnwindError(
        'CONFIGURATION_INVALID',
        `connection ${name} is of kind ${connection.kind}, the step of kind ${kind}`,
      )
    const { environment: _environment, taskQueue: _taskQueue, kind: _kind, ...pin } = connection
    const credentials = this.#configuration.worker.credentials[name] ?? {}
    return opener.connect({ ...credentials, pin }, name)
  }
}
