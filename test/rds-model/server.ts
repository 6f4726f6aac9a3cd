import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { describeRds } from './description.ts'
import { Fault } from './fault.ts'
import { type ModelOptions, Region } from './model.ts'
import { OPERATIONS } from './operations.ts'
import { readRequest, writeAnswer, writeFault } from './wire.ts'

/** What goes wrong with one call: refused before anything is done, never arrived, or done and its answer lost. */
export type Mishap = 'throttled' | 'broken' | 'denied' | 'dropped' | 'lost'

/** A model of RDS on loopback, for the real SDK. */
export interface RdsModel {
  readonly url: string
  readonly region: Region
  /** Every call that changes something, as `Action name → outcome`. */
  readonly calls: string[]
  /** Another double's address, which is asked what is no call of RDS: of secrets, of names. */
  behind: string | undefined
  /** Decides about each call before it is carried out; undefined lets it through. */
  meddle:
    | ((action: string, form: URLSearchParams, key: string) => Mishap | Promise<Mishap | undefined> | undefined)
    | undefined
  stop(): Promise<void>
}

/** Starts one with nothing in it. */
export async function startRdsModel(options: ModelOptions = {}): Promise<RdsModel> {
  const region = new Region(await describeRds(), options)
  const calls: string[] = []
  const model = { region, calls, meddle: undefined, behind: undefined } as unknown as {
    -readonly [Key in keyof RdsModel]: RdsModel[Key]
  }
  const server = http.createServer((incoming, outgoing) => {
    void answer(model, incoming)
      .then((said) => {
        if (said === undefined) return void incoming.socket.destroy()
        outgoing.writeHead(said.status, { 'content-type': said.type ?? 'text/xml' }).end(said.body)
      })
      .catch((error: unknown) => outgoing.writeHead(599).end(String(error)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  model.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  model.stop = async () => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
    await Promise.all(region.instances.map(async ({ store }) => store?.stop()))
  }
  return model
}

interface Answer {
  status: number
  body: string
  type?: string | null
}

async function answer(model: RdsModel, incoming: http.IncomingMessage): Promise<Answer | undefined> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk)
  const body = Buffer.concat(chunks)
  const form = new URLSearchParams(body.toString('utf8'))
  if (model.behind !== undefined && !form.has('Action')) return forwarded(model.behind, incoming, body)
  return answerRds(model, incoming, form)
}

async function forwarded(
  behind: string,
  { method, url, headers }: http.IncomingMessage,
  body: Buffer,
): Promise<Answer> {
  const { authorization, 'content-type': type, 'x-amz-target': target } = headers
  const kept = { authorization, 'content-type': type, 'x-amz-target': target }
  const said = await fetch(new URL(url ?? '/', behind), {
    ...(method && { method }),
    headers: Object.entries(kept).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])) as [
      string,
      string,
    ][],
    ...(body.length > 0 && { body }),
    signal: AbortSignal.timeout(20_000),
  })
  return { status: said.status, body: await said.text(), type: said.headers.get('content-type') }
}

async function answerRds(
  model: RdsModel,
  incoming: http.IncomingMessage,
  form: URLSearchParams,
): Promise<Answer | undefined> {
  const action = form.get('Action') ?? ''
  const [, key = ''] = /Credential=([^/]+)/.exec(incoming.headers.authorization ?? '') ?? []
  const mishap = await model.meddle?.(action, form, key)
  if (mishap === 'dropped') return undefined
  const { status, body } = carryOut(model, action, form, mishap)
  if (!/^(?:Describe|List)/.test(action)) model.calls.push(`${action} ${subjectOf(form)} → ${status}`)
  return mishap === 'lost' ? undefined : { status, body }
}

function carryOut({ region }: RdsModel, action: string, form: URLSearchParams, mishap: Mishap | undefined) {
  try {
    // CommonErrors of the API: Throttling and InternalFailure.
    if (mishap === 'throttled') throw new Fault('Throttling', 'Rate exceeded')
    if (mishap === 'broken') throw new Fault('InternalFailure', 'The request processing has failed.', 500)
    if (mishap === 'denied') throw new Fault('AccessDenied', `User is not authorized to perform: rds:${action}`, 403)
    const operation = OPERATIONS[action]
    if (!operation) throw new Fault('InvalidAction', `The model has no ${action}.`)
    region.advance()
    const result = operation(region, readRequest(region.description, action, form))
    region.watch()
    return { status: 200, body: writeAnswer(region.description, action, result) }
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return { status: error.status, body: writeFault(error) }
  }
}

/** What a call is about, as names and ids. */
export function subjectOf(form: URLSearchParams): string {
  const names = [
    'DBInstanceIdentifier',
    'TargetDBInstanceIdentifier',
    'NewDBInstanceIdentifier',
    'DBSnapshotIdentifier',
    'DBClusterIdentifier',
    'NewDBClusterIdentifier',
    'DBClusterSnapshotIdentifier',
    'DbClusterResourceId',
    'DbiResourceId',
    'Filters.Filter.1.Values.Value.1',
  ]
  return [...names, 'ResourceName'].flatMap((name) => form.get(name) ?? []).join(' → ')
}
