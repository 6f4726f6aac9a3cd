import { RUN } from '../run-names.ts'

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
  /** Of a restored instance that has stood for something: applications may have written to it. */
  served: 'unwind:served',
  /** Of an instance that was moved aside: since when. */
  aside: 'unwind:aside-since',
  /** Of a snapshot whose run was taken back: nobody needs it any more. */
  released: 'unwind:released',
} as const
