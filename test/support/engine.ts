import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto'
import { Client, Connection, type WorkflowHandle } from '@temporalio/client'
import { defineSearchAttributeKey } from '@temporalio/common'
import { NativeConnection, type WorkerOptions } from '@temporalio/worker'
import { SignJWT } from 'jose'
import { canonical } from '../../model/canonical.ts'
import { compile } from '../../model/compile.ts'
import { Configuration } from '../../model/configuration.ts'
import { rollbackId } from '../../model/ids.ts'
import { MESSAGE_AUDIENCE, type MessageClaims, type MessageName, type Messages } from '../../model/messages.ts'
import type { Actor } from '../../model/policy.ts'
import type { DryRun, Phase, RunInput, RunState } from '../../model/run.ts'
import type { Target } from '../../model/target.ts'
import { createWorker } from '../../worker/run.ts'
import { workflowBundle } from './bundle.ts'
import { memoryKind, MemorySystem, memoryTarget } from './memory-target.ts'
import { until } from './until.ts'

export const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const STATUS = defineSearchAttributeKey('UnwindStatus', 'KEYWORD')
export const ALICE: Actor = { subject: 'alice', groups: ['sre'] }
export const BOB: Actor = { subject: 'bob', groups: ['sre'] }

/** The configuration of the engine's tests: one environment, one connection to a system in memory. */
export function memoryConfiguration(policy: object = {}, taskQueue: string = randomUUID()): Configuration {
  const read = Configuration.parse({
    apiVersion: 'unwind/v1',
    kind: 'Configuration',
    environments: { test: { policy, system: 'memory' } },
    connections: {},
    temporal: { taskQueue },
  })
  return { ...read, connections: { memory: { kind: 'memory', environment: 'test' } } } as unknown as Configuration
}

export interface EngineOptions {
  temporalAddress: string
  system?: MemorySystem
  /** Wraps the target, to put faults round it. */
  wrap?: (target: Target) => Target
  policy?: object
  /** What the kinds of the system say of themselves, where a test has it otherwise. */
  kinds?: { memory: { drill?: true } }
  /** What the worker's configuration has beside the environment of the tests: an archive, channels. */
  configuration?: Partial<Configuration>
  limits?: Partial<RunInput['limits']>
  worker?: Partial<WorkerOptions>
  /** The workflow code of its first worker; default: that of this tree. */
  bundle?: { code: string }
}

/** A worker on a queue of its own with a system in memory, and what a test asks of it. */
export class Engine {
  readonly system: MemorySystem
  readonly client: Client
  readonly configuration: Configuration
  readonly #options: EngineOptions
  readonly #connections: { close(): Promise<void> }[] = []
  #stop: (() => Promise<void>) | undefined

  private constructor(options: EngineOptions, client: Client) {
    this.#options = options
    this.client = client
    this.system = options.system ?? new MemorySystem()
    this.configuration = { ...memoryConfiguration(options.policy), ...options.configuration }
  }

  static async start(options: EngineOptions): Promise<Engine> {
    const connection = await Connection.connect({ address: options.temporalAddress })
    const engine = new Engine(options, new Client({ connection }))
    engine.#connections.push(connection)
    await engine.startWorker(options.bundle)
    return engine
  }

  /** Starts another worker on the same queue, with this workflow code. */
  async startWorker(bundle: Promise<{ code: string }> | { code: string } = workflowBundle()): Promise<void> {
    const connection = await NativeConnection.connect({ address: this.#options.temporalAddress })
    const memory = memoryTarget(this.system)
    const target = this.#options.wrap?.(memory) ?? memory
    const worker = await createWorker({
      configuration: this.configuration,
      connection,
      namespace: 'default',
      workflowBundle: await bundle,
      verifyKeys: [publicKey],
      targets: { memory: async () => target },
      kinds: { memory: memoryKind, ...this.#options.kinds },
      options: { shutdownGraceTime: 0, ...this.#options.worker },
    })
    const running = worker.run()
    this.#stop = async () => {
      worker.shutdown()
      await running
      await connection.close()
    }
  }

  async stopWorker(): Promise<void> {
    await this.#stop?.()
    this.#stop = undefined
  }

  async stop(): Promise<void> {
    await this.stopWorker()
    for (const connection of this.#connections) await connection.close()
  }

  /** The input of a run with these steps, as the API would compile it. */
  input(steps: object[], changes: Partial<RunInput> = {}): RunInput {
    const service = changes.service ?? `s-${randomUUID()}`
    const request = {
      service,
      environment: 'test',
      reason: 'the release is bad',
      steps: steps.map((step) => ({ kind: 'memory', ...step })),
    }
    const input = compile(request, this.configuration, { memory: memoryKind }, ALICE)
    return { ...input, limits: { ...input.limits, attempts: 6, ...this.#options.limits }, ...changes }
  }

  async begin(input: RunInput): Promise<RunHandle> {
    const handle = await this.client.workflow.start('rollback', {
      workflowId: rollbackId(input.environment, input.service),
      taskQueue: this.configuration.temporal?.taskQueue ?? '',
      args: [input],
      workflowIdConflictPolicy: 'FAIL',
    })
    return new RunHandle(handle)
  }

  /** The dry run of this input. */
  async plan(input: RunInput): Promise<DryRun> {
    const taskQueue = this.configuration.temporal?.taskQueue ?? ''
    return this.client.workflow.execute('plan', { workflowId: `plan/${randomUUID()}`, taskQueue, args: [input] })
  }

  /** Starts a run with these steps. */
  async rollback(steps: object[], changes: Partial<RunInput> = {}): Promise<RunHandle> {
    return this.begin(this.input(steps, changes))
  }
}

/** One run as a test sees it. */
export class RunHandle {
  readonly handle: WorkflowHandle

  constructor(handle: WorkflowHandle) {
    this.handle = handle
  }

  state(): Promise<RunState> {
    return this.handle.query<RunState>('state')
  }

  /**
   * The record once the run has come to this phase; it fails after forty seconds with what the run is in. It looks at the
   * search attribute, because without a cache every query replays the run and throws its unfinished task away.
   */
  async reaches(phase: Phase): Promise<RunState> {
    const look = async () => (await this.handle.describe()).typedSearchAttributes.get(STATUS)
    await until(
      look,
      (seen) => seen === phase,
      (seen) => `the run is ${seen ?? 'planning'}, not ${phase}`,
    )
    return this.state()
  }

  /**
   * The record once it shows this; it fails after forty seconds, or after `limit` milliseconds. It is asked for only when the history has grown and come
   * to rest, for the same reason.
   */
  async sees(enough: (state: RunState) => boolean, limit?: number): Promise<RunState> {
    let [before, queried] = ['', '']
    let state: RunState | undefined
    const look = async () => {
      const { historyLength, runId, raw } = await this.handle.describe()
      const at = `${runId}/${historyLength}`
      if (at === before && at !== queried && !raw.pendingWorkflowTask) {
        state = await this.state()
        queried = at
      }
      before = at
      return state
    }
    const seen = await until(
      look,
      (record) => record !== undefined && enough(record),
      (record) => `the run is ${record?.phase}, and its last event: ${record?.timeline.at(-1)?.text}`,
      limit,
    )
    if (!seen) throw new Error('a record that shows something is a record')
    return seen
  }

  async ends(): Promise<RunState> {
    return (await this.handle.result()) as RunState
  }

  /** Sends a message as the API would, signed for this person. */
  async send<Name extends MessageName>(name: Name, message: Messages[Name], actor: Actor = ALICE): Promise<void> {
    const signed = await sign(this.handle.workflowId, name, message, actor)
    await this.handle.executeUpdate(name, { args: [{ ...message, signed }] })
  }

  /** Sends a message past the API. */
  async sendUnsigned<Name extends MessageName>(name: Name, message: Messages[Name]): Promise<void> {
    await this.handle.executeUpdate(name, { args: [message] })
  }

  /** Answers whatever is parked now. */
  async decide(choice: Messages['decide']['choice'], actor: Actor = ALICE): Promise<void> {
    const { parked } = await this.reaches('parked')
    await this.send('decide', { stepId: parked?.stepId ?? '', attempt: parked?.attempt ?? 0, choice }, actor)
  }
}

/** The API's proof that this person sent this message. */
export function sign(
  workflowId: string,
  message: MessageClaims['message'],
  content: object,
  actor: Actor,
): Promise<string> {
  const digest = createHash('sha256').update(canonical(content)).digest('hex')
  return new SignJWT({ groups: actor.groups, message, workflowId, digest })
    .setProtectedHeader({ alg: 'EdDSA' })
    .setSubject(actor.subject)
    .setAudience(MESSAGE_AUDIENCE)
    .setIssuedAt()
    .setExpirationTime('60s')
    .sign(privateKey)
}
