/** A step as a document writes it, before it has an id. */
export type DraftStep = { kind: string } & Record<string, unknown>

/** What one command line is, whatever stands around it. `because` is a sentence for people. */
export type Became =
  /** Checks with the same word in `joins` are one check: their measurements must hold in the same look. */
  | { as: 'step'; step: DraftStep; object: string; because?: string; joins?: string }
  /** Waits for or looks at what an earlier step already verifies. */
  | { as: 'verification'; kind: string; object: string; timeout?: string; because: string }
  /** Only reads or only prepares: where a step of that kind follows or precedes, that step does it itself. */
  | { as: 'look'; because: string; with?: string }
  /** `rewritten` is the safe step that stands in its place, where there is one. */
  | { as: 'refused'; because: string; instead: string; rewritten?: { step: DraftStep; object: string } }
  | { as: 'manual'; because: string }

/** Arguments of a command; undefined where something stands that only a running shell could know. */
export type Args = readonly (string | undefined)[]

/** What the whole source says that one line can't: objects that are known, steps that were met before. */
export interface Around {
  /** Whether a step of that kind (and object) was met before this line. */
  before(kind: string, object?: string): boolean
  /** Remembers a step for the lines after it. */
  met(kind: string, object: string): void
  /** Identifiers of database instances and clusters that the source names as existing. */
  instances: ReadonlySet<string>
  /** Origins of health checks, by the name of the connection that they need. */
  connections: Map<string, string>
}

/** Reads the arguments after a command's name; undefined if it knows nothing of that subcommand. */
export type Recogniser = (args: Args, around: Around) => Became | undefined

export function manual(because: string): Became {
  return { as: 'manual', because }
}

export function refused(because: string, instead: string): Became {
  return { as: 'refused', because, instead }
}

/** A duration as a document writes it, from those of Go, AWS and seconds: 5m, 300s, 300, 1m30s; else undefined. */
export function durationOf(text: string | undefined): string | undefined {
  const parts = /^(?:(\d{1,5})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s?)?$/.exec(text ?? '')
  if (!parts || !text) return undefined
  const [hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => Number(part ?? 0))
  const total = hours * 3_600 + minutes * 60 + seconds
  if (total === 0 || total > 900_000) return undefined
  if (total % 3_600 === 0) return `${total / 3_600}h`
  return total % 60 === 0 ? `${total / 60}m` : `${total}s`
}
