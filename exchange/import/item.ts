import type { Became } from './became.ts'

/** A piece of the source with its lines (from 1) and what it is; nothing of a source lies outside of all items. */
export type Item = Place &
  (
    | { is: 'command'; became: Became }
    /** What a person does: it becomes a manual step. */
    | { is: 'text'; because: string }
    /** Stays readable as a comment of the document. */
    | { is: 'comment'; because: string }
    /** Says how the source is built; the document has a place of its own for it. */
    | { is: 'structure'; became: string; because: string }
  )

export interface Place {
  line: number
  end: number
  original: string
}

/** The lines of a source between two offsets, and the text between them. */
export function placeOf(source: string, start: number, end: number, firstLine = 1): Place {
  const line = firstLine + count(source.slice(0, start))
  const original = source.slice(start, end).trimEnd()
  return { line, end: line + count(original), original }
}

function count(text: string): number {
  return text.split('\n').length - 1
}

/** The text with what is secret in it taken out: tokens, passwords, addresses that are keys by themselves. */
export function masked(text: string): string {
  return text
    .replace(/(hooks\.slack\.com\/(?:services|workflows|triggers)\/)[^\s"']+/g, '$1…')
    .replace(/(discord(?:app)?\.com\/api\/webhooks\/)[^\s"']+/g, '$1…')
    .replace(/((?:Bearer|Basic|token)\s+)[A-Za-z0-9+/_.=-]{8,}/g, '$1…')
    .replace(
      /(\b[\w-]*(?:password|passwd|token|secret|api[_-]?key)[\w-]*["']?\s*[:=]\s*["']?)(?![$<{"'])[^\s"'&]{4,}/gi,
      '$1…',
    )
    .replace(/(\/\/[^\s/:@]+:)(?!\$)[^\s/@]+@/g, '$1…@')
    .replace(/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_[A-Za-z0-9]{20,}\b|\bxox[abp]-[A-Za-z0-9-]{10,}\b/g, '…')
}
