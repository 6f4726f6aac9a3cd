import type { Dumping, Listing } from './programs.ts'
import type { Manifest } from './state.ts'

/** Where backups of a connection go: a folder of the worker, or a bucket. */
export interface Store {
  /** Free bytes; undefined where nobody can tell. Throws CONFIGURATION_INVALID where backups can't go there. */
  room(signal: AbortSignal): Promise<number | undefined>
  shelf(place: Place): Shelf
  /** Whole backups of the connection, the newest first, at most 50. */
  backups(signal: AbortSignal): Promise<{ at: number; manifest: Manifest }[]>
}

/** Whose backup it is. Each part is fit for a file's name. */
export interface Place {
  connection: string
  run: string
  step: string
}

/** The place of the backup of one step of one run. */
export interface Shelf {
  /** Where it lies, in words. */
  readonly name: string
  /** The manifest of a backup that is whole, or undefined: it is written last. */
  manifest(signal: AbortSignal): Promise<Manifest | undefined>
  /**
   * Takes a dump in, out of sight until it is kept; what killed attempts left is deleted before. Throws TARGET_REJECTED for
   * one that is larger than `atMost` bytes or lists nothing, and what pg_dump fails with; nothing is left then.
   */
  take(dumping: Dumping, atMost: number, signal: AbortSignal): Promise<Taken>
  /** Size and sha256 of that backup as it lies there now, read whole; undefined where it is not there. */
  measure(file: string, signal: AbortSignal): Promise<Measured | undefined>
  /** What its table of contents lists now. */
  listing(file: string, signal: AbortSignal): Promise<Listing>
  /** Whether anything of it is there, whole or not. */
  any(signal: AbortSignal): Promise<boolean>
  /** Takes it away, whole or not: its manifest first, so that what is left of it never counts as whole. */
  remove(signal: AbortSignal): Promise<void>
}

export interface Measured {
  bytes: number
  sha256: string
}

export interface Taken extends Measured {
  listing: Listing
  /** Where it will lie. */
  file: string
  /** Puts it under its name, and last of all its manifest: one without the other is not whole. */
  keep(manifest: Manifest): Promise<void>
}

/** A part of a file's name. */
export function plain(part: string): string {
  return part.replace(/[^\w.-]/g, '_')
}
