import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client'
import { defineSearchAttributeKey } from '@temporalio/common'
import type { FastifyBaseLogger } from 'fastify'
import { startOf } from '../../activities/services/start.ts'
import { UnwindError } from '../../model/errors.ts'
import { proposalId, serviceId } from '../../model/ids.ts'
import type { LoadedRunbook } from '../../model/runbook/loaded.ts'
import type { Alert } from '../../model/triggers/episode.ts'
import { bears, type Met, triggersMet } from '../../model/triggers/match.ts'
import type { ProposalInput } from '../../model/triggers/proposal.ts'
import type { Api } from '../context.ts'
import { digestOf, sha256 } from '../digest.ts'
import type { AlertBody, AlertsDocument, AlertsRequest } from '../schemas/alerts.ts'
import { bounded } from '../temporal/call.ts'
import { compileTrigger } from './compile.ts'
import { type Known, knownFor } from './known.ts'

/** A peer, or the next repetition, says the same again: for so long it is not even asked of Temporal. Milliseconds. */
const KNOWN_FOR = 60_000
/** Runbooks are read anew at most that often by alerts. */
const READ_EVERY = 2_000

/** What takes alerts in: remembers what was taken, and how much is under way. */
export interface Intake {
  /** Makes episodes of alerts, in the environments that the caller may see. All is durable when this answers. */
  take(alerts: AlertsRequest['alerts'], visible: readonly string[]): Promise<AlertsDocument>
}

type Episodes = AlertsDocument['episodes']

export function openIntake(api: Api, log: FastifyBaseLogger): Intake {
  const known = knownFor(KNOWN_FOR)
  const read = kept(async () => (api.runbooks ? await api.runbooks() : new Map<string, LoadedRunbook>()))
  return {
    async take(alerts, visible) {
      const runbooks = await read()
      const seen = (environment: string) => visible.includes('*') || visible.includes(environment)
      const taken = await Promise.all(
        alerts.map(async (body): Promise<Episodes | undefined> => {
          const about = await takeMonitoring(api, body, known)
          const met = triggersMet(runbooks.values(), body.labels, api.configuration).filter(({ environment }) =>
            seen(environment),
          )
          if (met.length === 0) return about ? [] : undefined
          return Promise.all(met.map((one) => takeOne(api, { met: one, body, runbooks, known, log })))
        }),
      )
      return {
        episodes: taken.flatMap((episodes) => episodes ?? []),
        unmatched: taken.filter((episodes) => episodes === undefined).length,
      }
    },
  }
}

interface Taking {
  met: Met
  body: AlertBody
  runbooks: ReadonlyMap<string, LoadedRunbook>
  known: Known
  log: FastifyBaseLogger
}

async function takeOne(api: Api, { met, body, runbooks, known, log }: Taking): Promise<Episodes[number]> {
  const { name, service } = met.loaded.runbook.metadata
  const { trigger, environment } = met
  const alert = alertOf(body)
  const id = `${name}-${trigger.id}-${sha256(`${alert.fingerprint}\n${alert.startsAt}`).slice(0, 16)}`
  const place = { environment, service, id }
  await known.once(`${body.status}/${environment}/${id}`, async () => {
    if (body.status === 'resolved') return resolve(api, place, alert)
    return open(api, place, met, alert, runbooks).catch((error: unknown) => {
      // A runbook that can't run here is not mended by posting the alert again.
      if (!(error instanceof UnwindError) || (error.code !== 'INVALID_REQUEST' && error.code !== 'FORBIDDEN'))
        throw error
      log.error({ runbook: name, trigger: trigger.id, environment, code: error.code }, `no proposal: ${error.message}`)
    })
  })
  return { ...place, runbook: name, trigger: trigger.id, status: body.status }
}

function alertOf({ labels, annotations = {}, startsAt, fingerprint }: AlertBody): Alert {
  const summary = annotations['summary'] ?? annotations['description']
  return {
    fingerprint: fingerprint ?? digestOf(labels).slice(0, 16),
    startsAt: Date.parse(startsAt),
    labels,
    ...(summary && { summary: summary.replaceAll(/\s+/g, ' ').slice(0, 200) }),
  }
}

type Place = { environment: string; service: string; id: string }

/** Starts the proposal of an episode. One that runs, or has ended, is the same episode and is left alone. */
async function open(
  api: Api,
  place: Place,
  met: Met,
  alert: Alert,
  runbooks: ReadonlyMap<string, LoadedRunbook>,
): Promise<void> {
  const { trigger, run, settings, watched, url } = compileTrigger(api, met, runbooks, alert)
  const { id, service, environment } = place
  const input: ProposalInput = {
    format: 1,
    ...{ id, trigger, alert, run, settings, url: `${url}/${id}` },
    ...(watched && { confirm: watched }),
  }
  const keyword = (name: string, value: string) => ({ key: defineSearchAttributeKey(name, 'KEYWORD'), value })
  const options = {
    workflowId: proposalId(place),
    taskQueue: api.taskQueue,
    args: [input],
    workflowIdConflictPolicy: 'USE_EXISTING' as const,
    workflowIdReusePolicy: 'REJECT_DUPLICATE' as const,
    typedSearchAttributes: [keyword('UnwindService', service), keyword('UnwindEnvironment', environment)],
    staticSummary: `${trigger.id} of ${service} in ${environment}`.slice(0, 190),
  }
  try {
    await bounded(api.client, () => api.client.workflow.start('proposal', options))
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
  }
}

/** Both hear of it: the proposal by its own episode, and the service by the alert, whose times peers see differently. */
async function resolve(api: Api, place: Place, { fingerprint }: Alert): Promise<void> {
  const tell = async (workflowId: string, signal: string, args: unknown[]) => {
    const handle = api.client.workflow.getHandle(workflowId)
    await bounded(api.client, () => handle.signal(signal, ...args)).catch((error: unknown) => {
      if (!(error instanceof WorkflowNotFoundError)) throw error
    })
  }
  await Promise.all([
    tell(proposalId(place), 'resolved', []),
    tell(serviceId(place.environment, place.service), 'quiet', [fingerprint]),
  ])
}

/** Alerts that say that monitoring is down stop what goes by itself, in their environment or everywhere. */
async function takeMonitoring(api: Api, body: AlertBody, known: Known): Promise<boolean> {
  const { configuration, client, taskQueue } = api
  if (!configuration.triggers?.monitoring.some((labels) => bears(body.labels, labels))) return false
  const { fingerprint, startsAt } = alertOf(body)
  const said = body.labels['environment'] ?? body.labels['env']
  const environments = Object.keys(configuration.environments).filter((name) => said === undefined || said === name)
  const since = body.status === 'firing' ? startsAt : null
  for (const environment of environments)
    await known.once(`monitoring/${body.status}/${environment}/${fingerprint}/${startsAt}`, async () => {
      const start = startOf('fleet', { environment, service: '' }, taskQueue)
      const signal = { ...start, signal: 'monitoring', signalArgs: [fingerprint, since] }
      await bounded(client, () => client.workflow.signalWithStart('fleet', signal))
    })
  return true
}

/** Reads at most every two seconds; who asks meanwhile gets what was read, also while it is being read. */
function kept<Value>(read: () => Promise<Value>): () => Promise<Value> {
  let last: { at: number; value: Promise<Value> } | undefined
  return () => {
    if (!last || Date.now() - last.at > READ_EVERY) {
      const fresh = { at: Date.now(), value: read() }
      last = fresh
      fresh.value.catch(() => {
        if (last === fresh) last = undefined
      })
    }
    return last.value
  }
}
