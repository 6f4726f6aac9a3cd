import type { ArchiveSettings } from '../../model/configuration.ts'
import type { Archive } from './archive.ts'

export type { Archive } from './archive.ts'

/**
 * The archive of the configuration; undefined without one. Touches nothing until it is used: folder and SDK are loaded
 * with the first call, so a process that never reads a report pays for neither.
 */
export function openArchive(settings: ArchiveSettings | undefined): Archive | undefined {
  if (!settings) return undefined
  let opened: Promise<Archive> | undefined
  const open = () => {
    opened ??= load(settings)
    return opened
  }
  return {
    put: async (key, bytes, contentType) => (await open()).put(key, bytes, contentType),
    get: async (key) => (await open()).get(key),
    list: async (prefix, limit, after) => (await open()).list(prefix, limit, after),
    locate: (key) => locationOf(settings, key),
  }
}

/** Where a key lies, as people find it: a path, or `s3://bucket/key`. */
export function locationOf(settings: ArchiveSettings, key: string): string {
  if ('folder' in settings) return `${settings.folder.replace(/\/$/, '')}/${key}`
  const { bucket, prefix } = settings.s3
  return `s3://${bucket}/${prefix ? `${prefix}/` : ''}${key}`
}

async function load(settings: ArchiveSettings): Promise<Archive> {
  if ('folder' in settings) return (await import('./folder.ts')).folderArchive(settings.folder)
  return (await import('./s3.ts')).s3Archive(settings.s3)
}
