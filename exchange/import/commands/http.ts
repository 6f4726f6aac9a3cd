import { type Args, type Around, type Became, durationOf, manual, type Recogniser } from '../became.ts'
import { type Flags, readFlags } from '../flags.ts'

const FLAGS = [
  'request|X=',
  'header|H=',
  'data|d=',
  'data-raw=',
  'data-binary=',
  'json=',
  'form|F=',
  'user|u=',
  'output|o=',
  'write-out|w=',
  'max-time|m=',
  'connect-timeout=',
  'retry=',
  'retry-delay=',
  'retry-max-time=',
  'retry-connrefused',
  'retry-all-errors',
  'fail|f',
  'fail-with-body',
  'silent|s',
  'show-error|S',
  'location|L',
  'insecure|k',
  'head|I',
  'include|i',
  'verbose|v',
  'url=',
  'http1.1',
  'http2',
  'compressed',
  'get|G',
  'no-progress-meter',
  'proto=',
  'tlsv1.2',
]
const HEALTH =
  /(?:^|\/|[-_.])(?:health|healthz|healthcheck|health-check|ready|readyz|readiness|live|livez|liveness|ping|status|up|alive)(?:$|[/?._-])/i

const DOES =
  /(?:^|\/|[-_.])(?:re-?start|re-?boot|re-?load|rollback|roll-back|deploy|trigger|webhooks?|hooks?|promote|sync|toggle|enable|disable|start|stop|run|execute|delete|purge|flush|clear|drain|reset|scale|build|refresh|invalidate)(?:$|[/?._-])/i

/** `curl` and `wget`: health checks, and the calls of feature flags and chats that are known. */
export const curl: Recogniser = (args, around) => {
  const flags = readFlags(args.flatMap(unbundled), ...FLAGS)
  const url = flags.values.get('url') ?? flags.positional[0]
  if (url === undefined || flags.positional.length > 1) return manual('Which address it asks is not clear.')
  const body = ['data', 'data-raw', 'data-binary', 'json'].flatMap((name) => flags.values.get(name) ?? [])[0]
  const method = flags.values.get('request') ?? (body !== undefined ? 'POST' : 'GET')
  return flagOf(url, method, body) ?? chatOf(url, body) ?? healthOf(url, method, flags, around)
}

export const wget: Recogniser = (args, around) => {
  const flags = readFlags(
    args.flatMap(unbundled),
    'quiet|q',
    'output-document|O=',
    'spider',
    'timeout|T=',
    'tries|t=',
    'no-verbose',
  )
  const [url] = flags.positional
  if (
    url === undefined ||
    !(flags.has('spider') || /^(-|\/dev\/null)$/.test(flags.values.get('output-document') ?? ''))
  )
    return manual('It fetches a file.')
  return healthOf(url, 'GET', { ...flags, has: (name) => name === 'fail' || flags.has(name) }, around)
}

/** `-fsS` as `-f -s -S`. */
function unbundled(arg: string | undefined): (string | undefined)[] {
  const bundle = /^-([fsSLkIivGq]{2,})([A-Za-z].*)?$/.exec(arg ?? '')
  if (!bundle?.[1]) return [arg]
  const last = bundle[2]
  return [...[...bundle[1]].map((letter) => `-${letter}`), ...(last ? [`-${last}`] : [])]
}

/** A health check: a GET of an address that is written out, without a body or headers. */
function healthOf(url: string, method: string, flags: Flags, { connections }: Around): Became {
  if (!/^(GET|HEAD)$/.test(method))
    return manual(`A ${method} to an address that Unwind does not know changes something.`)
  if (flags.has('header') || flags.has('user'))
    return manual('It sends headers or a password, which a check never carries.')
  if (flags.unclear.length > 0) return manual(`What ${flags.unclear.join(' ')} means here is not known.`)
  const found = /^(https?:\/\/)?([^/?#]+)(\/[^#]*)?$/.exec(url)
  const [, scheme = 'https://', host = '', path = '/'] = found ?? []
  if (!found || /[{}<>@$\s]/.test(host) || /\{\{/.test(path))
    return manual('The address depends on a variable; name a connection of kind http for each environment.')
  if (/^(localhost|127\.|\[::1\]|0\.0\.0\.0)/.test(host))
    return manual('It asks the machine that it runs on; write a check of the address that users have.')
  const judged =
    flags.has('fail') ||
    flags.has('fail-with-body') ||
    flags.has('head') ||
    /http_code/.test(flags.values.get('write-out') ?? '')
  if (!HEALTH.test(path) && !judged) return manual('It fetches something without judging the answer.')
  // A check asks again and again: what may do something by being asked is not one.
  if (!HEALTH.test(path) && (DOES.test(path) || path.includes('?')))
    return manual('Asking this address may change something, and a check asks again and again.')
  if (flags.has('insecure')) return manual('It trusts any certificate, which a check never does.')
  const connection = host
    .toLowerCase()
    .replace(/:\d+$/, (port) => `-${port.slice(1)}`)
    .slice(0, 63)
  connections.set(connection, `${scheme}${host}`)
  const timeout = durationOf(flags.values.get('max-time'))
  const within = timeout && Number.parseInt(timeout, 10) <= 30 && timeout.endsWith('s') ? { timeout } : {}
  const because = `Its connection ${connection} (kind http, origin ${scheme}${host}) must be in the configuration; redirects are not followed.`
  const measured = { http: connection, path, status: 200, ...within }
  return { as: 'step', step: { kind: 'check', all: [measured] }, object: url, because }
}

/** Calls of Unleash and LaunchDarkly. */
function flagOf(url: string, method: string, body: string | undefined): Became | undefined {
  const old = /\/api\/admin\/features\/([^/]+)\/toggle\/(on|off)\/?$/.exec(url)
  if (old && method === 'POST') {
    const [, flag, to] = old
    const because =
      'Unleash has removed this endpoint (it answers 404), so it became a step that names project and environment: see both.'
    return { as: 'step', step: { kind: 'unleash', flag, to }, object: `${flag}`, because }
  }
  const unleash = /\/api\/admin\/projects\/([^/]+)\/features\/([^/]+)\/environments\/([^/]+)\/(on|off)\/?$/.exec(url)
  if (unleash && method === 'POST') {
    const [, project, flag, flagEnvironment, to] = unleash
    return { as: 'step', step: { kind: 'unleash', project, flag, flagEnvironment, to }, object: `${flag}` }
  }
  const flag = /launchdarkly\.com\/api\/v2\/flags\/([^/]+)\/([^/?]+)/.exec(url)
  if (!flag || method !== 'PATCH') return undefined
  const [, project, key] = flag
  const semantic = /turnFlag(On|Off)/.exec(body ?? '')
  const environment = /"environmentKey"\s*:\s*"([^"]+)"/.exec(body ?? '')?.[1]
  const pointer = /"path"\s*:\s*"\/environments\/([^/]+)\/on"[^}]*"value"\s*:\s*(true|false)/.exec(body ?? '')
  const on = semantic ? semantic[1] === 'On' : pointer?.[2] === 'true'
  const where = environment ?? pointer?.[1]
  if ((!semantic && !pointer) || !where) return manual('What it changes about the flag is not clear.')
  return {
    as: 'step',
    step: { kind: 'launchdarkly', project, flag: key, flagEnvironment: where, to: on ? 'on' : 'off' },
    object: `${key}`,
  }
}

/** Incoming webhooks of Slack. The address is a secret, so it is named and never carried. */
function chatOf(url: string, body: string | undefined): Became | undefined {
  if (!/hooks\.slack\.com|SLACK_?\w*(?:WEBHOOK|URL|HOOK)|slackWebhook/i.test(url)) return undefined
  const text = /"text"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(body ?? '')?.[1]
  if (text === undefined) return manual('What it says is not clear.')
  const because = 'Its address is a secret: put it into the channel slack of the configuration.'
  return {
    as: 'step',
    step: { kind: 'notify', channels: ['slack'], text: text.replace(/\\n/g, ' ').slice(0, 500) },
    object: 'slack',
    because,
  }
}

/** The other commands of feature flags and of GitHub. */
export const ldcli: Recogniser = (args: Args) => {
  const { positional, values, unclear } = readFlags(
    args,
    'flag=',
    'project=',
    'environment=',
    'access-token=',
    'output|o=',
  )
  const [resource, verb] = positional
  const [flag, project, environment] = [values.get('flag'), values.get('project'), values.get('environment')]
  const toggle = /^toggle-(on|off)$/.exec(verb ?? '')
  if (resource !== 'flags' || !toggle || !flag || !project || !environment || unclear.length > 0)
    return manual('What it changes about the flag is not clear.')
  return {
    as: 'step',
    step: { kind: 'launchdarkly', project, flag, flagEnvironment: environment, to: toggle[1] },
    object: flag,
  }
}

export const gh: Recogniser = (args) => {
  const [first, second, ...rest] = args
  if (first === 'run' && second === 'watch')
    return { as: 'verification', kind: 'github-actions', object: '', because: 'The step waits for the run.' }
  if (first === 'run' && /^(list|view)$/.test(second ?? ''))
    return { as: 'look', with: 'github-actions', because: 'The plan shows the runs.' }
  if (first !== 'workflow' || second !== 'run')
    return manual(`gh ${first ?? ''} ${second ?? ''} has no step of its own.`)
  const inputs: Record<string, string> = {}
  const others = rest.flatMap((arg, at) => {
    const value = /^(-f|-F|--field|--raw-field)$/.test(rest[at - 1] ?? '') ? arg : undefined
    const pair = value === undefined ? undefined : /^([\w-]+)=([\s\S]*)$/.exec(value)
    if (pair?.[1]) inputs[pair[1]] = pair[2] ?? ''
    return value !== undefined || /^(-f|-F|--field|--raw-field)$/.test(arg ?? '') ? [] : [arg]
  })
  const { positional, values, unclear } = readFlags(others, 'repo|R=', 'ref|r=')
  const [workflow] = positional
  if (workflow === undefined || unclear.length > 0) return manual('Which workflow it starts is not clear.')
  const [repository, ref] = [values.get('repo'), values.get('ref')]
  const step = {
    kind: 'github-actions',
    workflow,
    ...(repository && { repository }),
    ...(ref && { ref }),
    ...(Object.keys(inputs).length > 0 && { inputs }),
  }
  return { as: 'step', step, object: workflow }
}
