import { gunzipSync, gzipSync } from 'node:zlib'
import { canonical } from '../../../model/canonical.ts'
import { UnwindError } from '../../../model/errors.ts'

/** What Helm writes of a revision, as far as it is used here. The content stays in the worker. */
export interface Decoded {
  chart: { name: string; version: string; appVersion: string }
  description: string
  /** When Helm began it, as it says itself; empty where it does not. */
  deployedAt: string
  manifest: string
  hooks: Hook[]
  /** The definitions of the chart's folder crds, which Helm installs once and never touches again. */
  crds: string
  applyMethod: 'ssa' | 'csa'
  /** Canonical JSON of all that a rollback to it restores; for comparing, never for showing. */
  content: string
}

export interface Hook {
  name: string
  kind: string
  events: string[]
}

interface Stored {
  info?: { description?: string; last_deployed?: string }
  chart?: {
    metadata?: { name?: string; version?: string; appVersion?: string }
    files?: { name?: string; data?: string }[] | null
  }
  config?: unknown
  manifest?: string
  hooks?: { name?: string; kind?: string; events?: string[]; manifest?: string; weight?: number }[] | null
  apply_method?: string
}

/** A record unpacked is at most this long: Secrets are limited to a megabyte, and text packs well. */
const LARGEST = 64 * 1024 * 1024

/**
 * Reads a record as Helm's storage drivers do (pkg/storage/driver/util.go): base64, then gzip unless it was written before
 * Helm packed them, then JSON. Throws TARGET_REJECTED for anything else, without quoting it.
 */
export function decode(text: string, key: string): Decoded {
  const { info = {}, chart = {}, config, manifest = '', hooks, apply_method } = parse(text, key)
  const { name = '', version = '', appVersion = '' } = chart.metadata ?? {}
  const all = hooks ?? []
  const run = all.map((hook) => [hook.kind, hook.name, hook.events, hook.weight, hook.manifest])
  return {
    chart: { name, version, appVersion },
    description: info.description ?? '',
    deployedAt: info.last_deployed ?? '',
    manifest,
    hooks: all.map((hook) => ({ name: hook.name ?? '', kind: hook.kind ?? '', events: hook.events ?? [] })),
    crds: canonical((chart.files ?? []).filter((file) => file.name?.startsWith('crds/'))),
    applyMethod: apply_method === 'ssa' ? 'ssa' : 'csa',
    content: canonical([manifest, run, name, version, config ?? {}]),
  }
}

/** The same record with another status, written as Helm writes it. */
export function withStatus(text: string, key: string, status: string): string {
  const stored = parse(text, key)
  const changed = { ...stored, info: { ...stored.info, status } }
  return gzipSync(JSON.stringify(changed), { level: 9 }).toString('base64')
}

function parse(text: string, key: string): Stored {
  try {
    const bytes = Buffer.from(text, 'base64')
    const packed = bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 0x08
    const json = packed ? gunzipSync(bytes, { maxOutputLength: LARGEST }) : bytes
    return JSON.parse(json.toString('utf8')) as Stored
  } catch {
    // What could not be read may be half of a Secret: it is neither quoted nor kept as the cause.
    throw new UnwindError(
      'TARGET_REJECTED',
      `${key} can't be read as a release of Helm; see whether helm history can, and delete the record if it is damaged`,
    )
  }
}
