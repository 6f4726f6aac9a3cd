import { createHash, randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FLAG } from './flags.ts'

/** People and machines of the incident, each with a token. */
export interface Cast {
  /** Accepts what is proposed; she has the rights of an operator. */
  anna: string
  /** Approves by Slack. */
  ben: string
  /** Alertmanager. */
  alerts: string
  /** What Slack signs presses with. */
  signing: string
}

export const BEN_IN_SLACK = 'U0BEN'

export function newCast(): Cast {
  const secret = () => randomBytes(24).toString('base64url')
  return { anna: secret(), ben: secret(), alerts: secret(), signing: secret() }
}

export interface Places {
  folder: string
  cast: Cast
  /** Origins. */
  prometheus: string
  unleash: { url: string; token: string }
  outsiders: string
}

/** What Unwind is configured with beside the cluster, and the runbook in its folder. */
export async function incidentConfiguration({ folder, cast, prometheus, unleash, outsiders }: Places): Promise<object> {
  const runbooks = join(folder, 'runbooks')
  await mkdir(runbooks, { recursive: true })
  await writeFile(join(runbooks, 'checkout.yaml'), RUNBOOK)
  const secret = async (name: string, value: string) => {
    const file = join(folder, name)
    await writeFile(file, value, { mode: 0o600 })
    return { file }
  }
  const [any, flags, signing] = await Promise.all([
    secret('outsiders.token', 'of-the-demo'),
    secret('unleash.token', unleash.token),
    secret('slack.signing', cast.signing),
  ])
  const person = (subject: string, token: string, verbs: string[], groups: string[] = []) => ({
    ...{ subject, verbs, groups, environments: ['demo'], sha256: createHash('sha256').update(token).digest('hex') },
  })
  return {
    connections: {
      unleash: { kind: 'unleash', environment: 'demo', origin: unleash.url },
      metrics: { kind: 'prometheus', environment: 'demo', origin: prometheus, private: true, queries: QUERIES },
    },
    channels: {
      ops: { kind: 'slack', channel: 'C0OPS', origin: outsiders },
      tickets: { kind: 'github', repository: 'shop/incidents', origin: outsiders },
      graphs: { kind: 'grafana', origin: outsiders },
    },
    // Half a minute by default; here nobody wants to wait for other services to alert.
    triggers: { gather: '1s' },
    runbooks: { folder: runbooks },
    archive: { folder: join(folder, 'archive') },
    api: {
      tokens: [
        person('anna', cast.anna, ['read', 'plan', 'start', 'decide', 'record', 'lock'], ['sre']),
        person('ben', cast.ben, ['read', 'approve'], ['sre']),
        person('alertmanager', cast.alerts, ['trigger']),
      ],
      slack: { signingSecret: signing, users: { [BEN_IN_SLACK]: 'ben' }, origin: outsiders },
    },
    worker: {
      credentials: { unleash: { token: flags } },
      channels: { ops: { token: any }, tickets: { token: any }, graphs: { token: any } },
    },
  }
}

const all = 'sum(rate(http_requests_total{service="{{ service }}"}[{{ window }}]))'
const failed = 'sum(rate(http_requests_total{service="{{ service }}",status=~"5.."}[{{ window }}]))'

const QUERIES = {
  error_rate: {
    query: `${failed} / ${all}`,
    samples: 'sum(increase(http_requests_total{service="{{ service }}"}[{{ window }}]))',
    seen: 'max(timestamp(http_requests_total{service="{{ service }}"}))',
    ...{ minSamples: 100, window: '10s', maxAge: '10s' },
  },
}

/** The rule that a team would have: more than 5 % of the requests fail. */
export const RULES = [
  {
    alert: 'CheckoutErrors',
    expr: `${failed} / ${all} > 0.05`.replaceAll('{{ service }}', 'checkout').replaceAll('{{ window }}', '10s'),
    for: '3s',
    labels: { service: 'checkout', environment: 'demo' },
    annotations: { summary: 'More than 5% of the requests to checkout fail' },
  },
]

const RUNBOOK = `apiVersion: unwind/v1
kind: Runbook
metadata: { name: checkout, service: checkout, owner: team-payments }
environments: { demo: {} }
triggers:
  - { id: errors, match: { alertname: CheckoutErrors }, mode: propose }
policy:
  approvals: [{ min: 1, groups: [sre], self: false, expires: 15m }]
communicate: { started: [ops, graphs], needsPerson: [ops], finished: [ops, graphs], ticket: [tickets] }
steps:
  - { id: flag, kind: unleash, flag: ${FLAG}, flagEnvironment: production }
  - { id: app, kind: kubernetes, workload: deployment/checkout, to: previous, soak: 3s }
  - id: healthy
    kind: check
    within: 2m
    every: 1s
    consecutive: 4
    all: [{ prometheus: error_rate, below: 1% }, { pods: healthy, of: app }]
`
