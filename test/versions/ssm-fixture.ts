import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  AddTagsToResourceCommand,
  GetParameterCommand,
  LabelParameterVersionCommand,
  ListTagsForResourceCommand,
  type ParameterType,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm'
import { ssmParameter } from '../../activities/targets/ssm-parameter/index.ts'
import type { Target } from '../../model/target.ts'
import { startMoto } from '../../tools/moto/server.ts'
import { closed, listen } from '../images/registry-lab.ts'
import type { Fixture, Subject } from '../support/conformance.ts'
import { startProxy } from '../support/conformance-proxy.ts'

const REGION = 'eu-central-1'
const READER = 'AKIAREADER0000000000'
const PUT = 'AmazonSSM.PutParameter'

/** The Parameter Store of moto, with hands to write parameters. */
export interface SsmLab {
  connection: unknown
  /** What a worker is told to open a connection with. */
  credentials(profile?: 'writer' | 'reader', endpoint?: string): Record<string, unknown>
  /** Makes a parameter with these values, one version each, and answers its name. */
  parameter(values: readonly string[], more?: { type?: ParameterType; tags?: Record<string, string> }): Promise<string>
  put(name: string, value: string): Promise<void>
  label(name: string, version: number, label: string): Promise<void>
  read(name: string): Promise<{ value: string | undefined; version: number; type: string | undefined }>
  step(name: string, more?: object): Record<string, unknown>
  /** Has somebody do this right before the next write reaches moto. */
  meddle(work: () => Promise<void>): void
  client: SSMClient
  url: string
  close(): Promise<void>
}

/** Starts moto. It knows no rights without users of IAM, so a wrapper before it refuses the writes of one account. */
export async function openSsm(): Promise<SsmLab> {
  const moto = await startMoto()
  const folder = await mkdtemp(join(tmpdir(), 'unwind-ssm-'))
  const file = join(folder, 'credentials')
  const profile = (name: string, id: string) =>
    `[${name}]\naws_access_key_id=${id}\naws_secret_access_key=not-a-secret\n`
  await writeFile(file, profile('writer', 'AKIAWRITER0000000000') + profile('reader', READER))
  process.env['AWS_SHARED_CREDENTIALS_FILE'] = file
  let meddling: (() => Promise<void>) | undefined
  const front = http.createServer((request, response) => {
    const write = request.headers['x-amz-target'] === PUT
    const first = write ? meddling : undefined
    if (write) meddling = undefined
    // A connection that ends in mid-answer is the caller's to try again, as before AWS itself.
    const passed = Promise.resolve(first?.()).then(() => guarded(moto.url, request, response))
    passed.catch(() => response.destroy())
  })
  const url = await listen(front)
  const client = new SSMClient({
    ...{ endpoint: moto.url, region: REGION },
    credentials: { accessKeyId: 'AKIASETUP00000000000', secretAccessKey: 'not-a-secret' },
  })
  const credentials: SsmLab['credentials'] = (of = 'writer', endpoint = url) => ({
    profile: of,
    pin: { region: REGION, account: '123456789012', endpoint, poll: '20ms' },
  })
  const put = async (Name: string, Value: string) => {
    await client.send(new PutParameterCommand({ Name, Value, Overwrite: true }))
  }
  return {
    ...{ client, url, credentials, put },
    connection: await ssmParameter.connect(credentials(), 'aws'),
    parameter: async ([first = 'one', ...later], { type = 'String', tags = {} } = {}) => {
      const name = `/shop/${randomUUID().slice(0, 8)}`
      const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
      const about = { Description: 'of the shop', ...(Tags.length > 0 && { Tags }) }
      await client.send(new PutParameterCommand({ Name: name, Value: first, Type: type, ...about }))
      for (const value of later) await put(name, value)
      return name
    },
    meddle: (work) => {
      meddling = work
    },
    label: async (Name, ParameterVersion, label) => {
      await client.send(new LabelParameterVersionCommand({ Name, ParameterVersion, Labels: [label] }))
    },
    read: async (Name) => {
      const { Parameter } = await client.send(new GetParameterCommand({ Name, WithDecryption: true }))
      return { value: Parameter?.Value, version: Parameter?.Version ?? 0, type: Parameter?.Type }
    },
    step: (parameter, more = {}) => ({ kind: 'ssm-parameter', parameter, to: 'previous', ...more }),
    close: async () => {
      await closed(front)
      await moto.stop()
      await rm(folder, { recursive: true })
    },
  }
}

/** Passes on to moto, except what the reader may not do; AWS answers so (common errors of Systems Manager). */
async function guarded(moto: string, request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  const { authorization = '', 'x-amz-target': target = '', 'content-type': type = '' } = request.headers
  response.setHeader('content-type', 'application/x-amz-json-1.1')
  if (authorization.includes(READER) && target === PUT)
    return void response.writeHead(400).end(JSON.stringify({ __type: 'AccessDeniedException', message: 'no' }))
  const headers = { authorization, 'x-amz-target': String(target), 'content-type': type }
  const answer = await fetch(moto, { method: 'POST', headers, body: Buffer.concat(chunks) })
  response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer()))
}

/** Parameters in each situation that the conformance suite asks for. */
export function ssmFixture(lab: SsmLab): Fixture {
  const target = ssmParameter as unknown as Target
  const subject = (name: string): Subject => ({
    step: lab.step(name),
    read: async () => {
      const { value, type } = await lab.read(name)
      return { value, type }
    },
    version: async () => String((await lab.read(name)).version),
    elsewhere: () => lab.put(name, `somebody else's ${randomUUID()}`),
    irrelevant: async () => {
      const about = { ResourceType: 'Parameter', ResourceId: name } as const
      await lab.client.send(new AddTagsToResourceCommand({ ...about, Tags: [{ Key: 'team', Value: 'payments' }] }))
      return async () => {
        const { TagList = [] } = await lab.client.send(new ListTagsForResourceCommand(about))
        return TagList.some(({ Key }) => Key === 'team')
      }
    },
  })
  const arrange = async (values = ['https://old.test', 'https://new.test'], type: ParameterType = 'String') =>
    subject(await lab.parameter(values, { type }))
  return {
    ...{ target, connection: lab.connection, unconditional: true as const },
    arrange: () => arrange(),
    empty: async () => ({ step: lab.step(await lab.parameter(['only one'])) }),
    owned: async () => ({
      step: lab.step(await lab.parameter(['one', 'two'], { tags: { 'aws:cloudformation:stack-name': 'shop' } })),
      forced: { force: { reason: 'the stack is being changed' } },
    }),
    forbidden: async () => ({
      connection: await target.connect(lab.credentials('reader'), 'reader'),
      right: /ssm:PutParameter on /,
    }),
    unreachable: () => target.connect(lab.credentials('writer', 'http://127.0.0.1:9'), 'unreachable'),
    secret: async () => {
      const canaries = ['canary-in-the-old-7Qx', 'canary in the new & 2']
      return { subject: await arrange(canaries, 'SecureString'), canaries }
    },
    proxied: async () => {
      // The proxy sees no headers; only a write of this fixture has a value.
      const isWrite = (_method: string, _path: string, body: string) => body.includes('"Overwrite":true')
      const proxy = await startProxy({ url: new URL(lab.url), options: {}, isWrite })
      const module = fileURLToPath(new URL('../../activities/targets/ssm-parameter/index.ts', import.meta.url))
      return { proxy, credentials: lab.credentials('writer', proxy.url), module, exported: 'ssmParameter' }
    },
  }
}
