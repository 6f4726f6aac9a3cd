/**
 * Runs migrations of a release with the release's own tool, in a process of its own. Plain JavaScript, because it is run
 * under bare Node, from a checkout as well as from `dist`. The request is the first line of stdin; the answer goes to file
 * descriptor 3, because migrations print what they like. It ends when stdin does: then whoever asked is gone, and the
 * server takes back the transaction.
 */
import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import * as knex from './knex.mjs'
import * as sequelize from './sequelize.mjs'

const tools = { knex, sequelize, umzug: sequelize }

const lines = createInterface({ input: process.stdin })
lines.once('line', (line) => void answer(JSON.parse(line)))
process.stdin.on('close', () => process.exit(3))

async function answer(request) {
  try {
    tell({ done: await tools[request.tool][request.verb](request) })
  } catch (error) {
    tell({ error: described(error) })
  }
  process.exit(0)
}

function tell(message) {
  writeSync(3, JSON.stringify(message))
}

/** Messages of `pg` may quote a row in `detail`, so only code and message go on. Wrappers keep the first error inside. */
function described(error) {
  const inner = error?.original ?? error?.cause ?? error
  return {
    name: String(error?.name ?? 'Error'),
    code: String(inner?.code ?? error?.code ?? ''),
    message: String(inner?.message ?? error).slice(0, 1000),
  }
}
