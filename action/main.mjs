// The action of action.yml: an HTTP client of Unwind without a dependency, because a runner takes it as it lies here.
import { appendFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

const { env } = process
const input = (name) => (env[`INPUT_${name.toUpperCase()}`] ?? '').trim()
/** Milliseconds. */
const [POLL, REQUEST, MINUTE] = [Number(env.UNWIND_POLL ?? 5) * 1_000, 30_000, 60_000]

try {
  process.exitCode = await main()
} catch (error) {
  say('error', error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}

async function main() {
  for (const name of ['url', 'token', 'runbook', 'environment', 'reason'])
    if (input(name) === '') throw new Error(`the input ${name} is missing`)
  const minutes = Number(input('minutes') || 60)
  if (!(minutes > 0)) throw new Error('the input minutes takes a number above 0')
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(signal, () => {
      say('warning', 'This job was cancelled; the rollback goes on. unwind abort ends it.')
      process.exit(1)
    })
  const answered = await start()
  const started = { ...answered, url: pageOf(answered.url) }
  const place = `/v1/rollbacks/${encodeURIComponent(started.environment)}/${encodeURIComponent(started.service)}`
  output({ run: started.runId, url: started.url })
  summarise(`### Rollback of ${text(started.service)} in ${text(started.environment)}\n\n<${started.url}>\n\n`)
  const state = await follow(`${place}?run=${encodeURIComponent(started.runId)}`, Date.now() + minutes * MINUTE)
  output({ outcome: state?.outcome ?? '' })
  const report = await ask('GET', `${place}/report?run=${encodeURIComponent(started.runId)}`, undefined, 'text/markdown').catch(() => undefined)
  if (report?.ok) summarise(`\n${await report.text()}\n`)
  if (state?.outcome === 'recovered') return 0
  const why = state ? (state.problem?.message ?? started.url) : `it goes on after ${minutes} minutes: ${started.url}`
  say('error', state ? `The rollback ended as ${state.outcome}: ${why}` : why)
  return 1
}

/** The same key for every try of this attempt of the job, so that nothing is started twice. */
async function start() {
  const given = JSON.parse(input('parameters') || '{}')
  const parameters = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''))
  const incident = input('incident')
  const body = {
    ...{ runbook: input('runbook'), environment: input('environment'), reason: input('reason'), parameters },
    ...(incident !== '' && { incident }),
  }
  for (let attempt = 1; ; attempt++) {
    const answer = await ask('POST', '/v1/rollbacks', body).catch((error) => {
      if (attempt >= 6) throw new Error(`Unwind does not answer at ${input('url')}: ${error.message}`)
    })
    if (answer?.status === 200 || answer?.status === 202) return answer.json()
    if (answer && (answer.status < 500 || attempt >= 6)) {
      const { detail, title } = await answer.json().catch(() => ({}))
      throw new Error(`Unwind did not start it (${answer.status}): ${detail ?? title ?? 'no reason given'}`)
    }
    await pause(Math.min(POLL, 1_000 * attempt))
  }
}

/** What happens goes to the log and to the summary, once each. Undefined: it had not ended by then. */
async function follow(path, deadline) {
  let [seen, told] = [0, '']
  while (Date.now() < deadline) {
    const answer = await ask('GET', path).catch(() => undefined)
    const state = answer?.ok ? await answer.json() : undefined
    for (const event of state?.timeline ?? []) {
      if (event.seq <= seen) continue
      seen = event.seq
      const at = new Date(event.at).toISOString().slice(11, 19)
      console.log(`${at} ${line(event.text)}`)
      summarise(`- ${at} ${text(event.text)}\n`)
    }
    const person = ['awaiting-approval', 'parked', 'deciding'].includes(state?.phase) ? state.phase : ''
    if (person !== '' && person !== told) say('warning', `It waits for a person (${person}): ${pageOf(state.url)}`)
    told = state ? person : told
    if (state?.phase === 'ended') return state
    await pause(POLL)
  }
  return undefined
}

function ask(method, path, body, accept = 'application/json') {
  return fetch(new URL(path, input('url')), {
    ...{ method, redirect: 'error', signal: AbortSignal.timeout(REQUEST) },
    headers: {
      ...{ authorization: `Bearer ${input('token')}`, accept },
      ...(body && {
        'content-type': 'application/json',
        'idempotency-key': `github-${env.GITHUB_RUN_ID}-${env.GITHUB_RUN_ATTEMPT}-${env.GITHUB_JOB}-${env.GITHUB_ACTION}`,
      }),
    },
    ...(body && { body: JSON.stringify(body) }),
  })
}

/** Without an address of its own, the API says where it is on the one that was asked. */
function pageOf(url) {
  return new URL(url, input('url')).href
}

function line(value) {
  return String(value).replaceAll(/[\u0000-\u001f\u007f]+/g, ' ').slice(0, 2_000)
}

/** For Markdown: no link, no tag, no mention that somebody has written. */
function text(value) {
  return line(value).replaceAll(/[\\`*_[\]<>#@|]/g, String.raw`\$&`)
}

function say(level, message) {
  console.log(`::${level}::${line(message).replaceAll('%', '%25')}`)
}

function summarise(markdown) {
  if (env.GITHUB_STEP_SUMMARY) appendFileSync(env.GITHUB_STEP_SUMMARY, markdown)
}

function output(values) {
  for (const [name, value] of Object.entries(values))
    if (env.GITHUB_OUTPUT) appendFileSync(env.GITHUB_OUTPUT, `${name}=${line(value)}\n`)
}
