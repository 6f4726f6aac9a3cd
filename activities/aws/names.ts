import type { Tag } from '@aws-sdk/client-rds'
import { RUN } from '../run-names.ts'
import { tagOf } from './tags.ts'

/** Names of an instance have at most 63 characters, no two hyphens together and none at the end (API_ModifyDBInstance). */
export function derived(instance: string, part: string): string {
  const stem = instance.slice(0, 63 - part.length - 12).replace(/-+$/, '')
  return `${stem}-${part}-${RUN}`
}

/** Tags that a run leaves on what it makes and moves. */
export const TAGS = {
  run: 'unwind:run',
  service: 'unwind:service',
  /** Of a restored instance: the moment that its data is from. */
  restoredTo: 'unwind:restored-to',
  /** Of a restored instance: its security groups until it is promoted, with a space between. */
  quarantine: 'unwind:quarantine',
  /** Of a restored instance: the name that it was born with. */
  candidate: 'unwind:candidate',
  /** Of a restored instance: what it stands for now, while it does. */
  serves: 'unwind:serves',
  /** Of one that serves behind closed doors: the security groups that opening gives it, with a space between. */
  opens: 'unwind:opens',
  /** Of one that applications may write to again: by which run, and since when. The point of no return. */
  opened: 'unwind:opened',
  /** Of a restored instance that has stood for something: applications may have written to it. */
  served: 'unwind:served',
  /** Of an instance that was moved aside: since when. */
  aside: 'unwind:aside-since',
  /** Of a snapshot whose run was taken back: nobody needs it any more. */
  released: 'unwind:released',
} as const

/** Since when it is open to applications, in RFC 3339; undefined where it is not. */
export function openedAt(held: { TagList?: Tag[] | undefined }): string | undefined {
  return tagOf(held, TAGS.opened)?.split(' ')[1]
}
