import { UnwindError } from '../../model/errors.ts'
import type { Again } from '../../model/target.ts'
import type { Aws } from './connect.ts'
import type { Held } from './held.ts'

/** States that an instance or a cluster does not leave by itself (UserGuide, accessing-monitoring; AuroraUserGuide, accessing-monitoring). */
export const TERMINAL: ReadonlySet<string> = new Set([
  ...['failed', 'incompatible-restore', 'incompatible-parameters', 'incompatible-network', 'restore-error'],
  ...['incompatible-option-group', 'insufficient-capacity', 'inaccessible-encryption-credentials', 'deleting'],
  ...['inaccessible-encryption-credentials-recoverable', 'storage-full', 'stopped', 'stopping'],
  ...['cloning-failed', 'migration-failed'],
])

/** `available` comes and goes: so many looks in a row count (terraform-provider-aws#31594). */
const IN_A_ROW = 3
/** The first looks at a new state, and those that only confirm, follow each other so many times as fast as the later ones. */
const SOONER = 4
/** After so many looks at the same state they are as far apart as they get: a short state is seen to end soon after it does. */
const SLOWEST = 12

/**
 * What is still waited for until the database is at rest under that name; undefined once it was so several times in a
 * row. The status alone proves nothing: right after a rename it says available under the old name. Throws TARGET_REJECTED
 * for a state that no waiting mends. `without` its parts where they are still to be made.
 */
export function unsettled(aws: Aws, held: Held, name: string, without?: 'parts'): Again | undefined {
  const { id, status, name: called, address } = held
  const { parts, lacks } = without ? { parts: [], lacks: [] } : held
  const stuck = [{ name: called, status }, ...parts].find((one) => TERMINAL.has(one.status))
  if (stuck)
    throw new UnwindError(
      'TARGET_REJECTED',
      `${stuck.name} (${id}) is ${stuck.status}, which no waiting mends; see its events in RDS, mend it, then retry`,
    )
  const open = [
    ...(status === 'available' ? [] : [`is ${status}`]),
    ...(called === name ? [] : [`is still called ${called}`]),
    ...(address.startsWith(`${name}.`) ? [] : ['has no endpoint of that name']),
    ...held.open,
    ...lacks,
    ...parts.filter((part) => part.status !== 'available').map((part) => `its member ${part.name} is ${part.status}`),
  ]
  const looks = lookedAt(aws, id, open.join(', '))
  if (open.length > 0) return { again: paced(aws, looks), doing: `waiting for ${name} (${id}): ${open.join(', ')}` }
  if (looks >= IN_A_ROW) return undefined
  return { again: soon(aws), doing: `${name} (${id}) is available; looking again to be sure` }
}

/** Milliseconds until a look at what is expected to be so already, such as a tag that was just given. */
export function soon({ poll }: Aws): number {
  return poll / SOONER
}

/** How often in a row it was seen so, this time included. */
function lookedAt(aws: Aws, id: string, as: string): number {
  const before = aws.looks.get(id)
  const times = before?.as === as ? before.times + 1 : 1
  aws.looks.set(id, { as, times })
  return times
}

/** Milliseconds until the next look at a state that was seen so many times. */
function paced({ poll }: Aws, looks: number): number {
  return poll * Math.min(1, 1 / SOONER + ((1 - 1 / SOONER) * (looks - 1)) / SLOWEST)
}
