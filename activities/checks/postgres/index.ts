import type { Connection } from '../../../model/configuration.ts'
import { milliseconds } from '../../../model/duration.ts'
import { UnwindError } from '../../../model/errors.ts'
import { defineCheck, type MeasureContext } from '../../../model/measurement.ts'
import type { Verdict } from '../../../model/target.ts'
import { connectPostgres, type Database, type Session } from '../../postgres/connect.ts'
import type { Finding } from './finding.ts'
import { read } from './read.ts'
import { PostgresMeasurement } from './schema.ts'

/** The statements that grant a role to read. */
const RIGHTS = 'docs/rbac/postgres/reader.sql'
const LONGEST = 600_000

/** No such table, column, schema or extension: what was restored is not what was expected. */
const MISSING = new Set(['42P01', '42703', '3F000', '42883', '42704'])

/**
 * Measures by SELECT statements of ours, made from the names that the check declares, in one snapshot that can write
 * nothing. What is not there fails. What could not be read is thrown: it never passes, and a missing right ends the check.
 */
export const postgres = defineCheck<typeof PostgresMeasurement, Connection>({
  schema: PostgresMeasurement,
  measure: async (measurement, { connection, signal }) => {
    const database = await open(measurement, connection)
    const limit = Math.min(LONGEST, milliseconds(measurement.timeout))
    const began = performance.now()
    try {
      const finding = await database.session(signal, (session) => inSnapshot(session, measurement), {
        rights: RIGHTS,
        statementLimit: limit,
      })
      return verdict(finding, database, Math.round(performance.now() - began))
    } catch (error) {
      const missing = error instanceof UnwindError && MISSING.has(String(error.facts?.['sqlstate']))
      if (!missing) throw error
      return { status: 'fail', evidence: { summary: error.message, facts: { place: database.place } } }
    }
  },
})

/** With the worker's own credentials; at another address where the check says so: references were filled in before. */
async function open(
  { postgres: name, host, port }: PostgresMeasurement,
  connection: MeasureContext<Connection>['connection'],
): Promise<Database> {
  const entry = connection?.entry
  if (entry?.kind !== 'postgres')
    throw new UnwindError(
      'CONFIGURATION_INVALID',
      `connection ${name} is not of kind postgres; correct it in unwind.yaml`,
    )
  const { host: ownHost, port: ownPort, database, tls, systemIdentifier } = entry
  const asked = typeof host === 'string' ? host : ownHost
  refuseStranger(asked, ownHost, name)
  const pin = {
    host: asked,
    port: typeof port === 'number' ? port : ownPort,
    database,
    tls,
    ...(systemIdentifier && { systemIdentifier }),
  }
  return connectPostgres({ ...connection?.credentials, pin }, name)
}

/**
 * The worker's password goes to no server that only a runbook names: another host must lie in the same domain, as the
 * instances of one account and region do, or be the same one.
 */
function refuseStranger(host: string, own: string, name: string): void {
  const domain = (of: string) =>
    of.includes('.') && !/^[\d.:]+$/.test(of) ? of.slice(of.indexOf('.')).toLowerCase() : of
  if (host === own || domain(host) === domain(own)) return
  throw new UnwindError(
    'TARGET_MISMATCH',
    `${name} leads to ${own}, and ${host} is not in its domain; make a connection for it in unwind.yaml`,
  )
}

function inSnapshot(session: Session, measurement: PostgresMeasurement): Promise<Finding> {
  return session.transaction(async () => {
    await session.rows('read one snapshot', 'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY')
    await session.rows('read times in UTC', `SET LOCAL TIME ZONE 'UTC'`)
    return read(session, measurement)
  })
}

function verdict({ ok, expected, observed, query }: Finding, { name, place }: Database, ms: number): Verdict {
  const summary = `${name}: ${observed}${ok ? '' : `, wanted ${expected}`}`
  return { status: ok ? 'pass' : 'fail', evidence: { summary, facts: { place, query, expected, observed, ms } } }
}
