import type { CompiledRunbook } from '../../model/runbook/compiled.ts'
import type { CompiledStep, Role, RunInput } from '../../model/run.ts'
import type { Engine } from './engine.ts'

/** A step as a case writes it: `object` makes it a change of that object in memory, `role` one of the engine's own. */
export type Part = Partial<Omit<CompiledStep, 'step'>> & {
  object?: string
  role?: Role
  /** Fields of the step beside what the case says. */
  fields?: Record<string, unknown>
}

/** The input of a run by a runbook, as a document with these steps would be compiled. */
export function runbookInput(
  engine: Engine,
  parts: Part[],
  runbook: Partial<CompiledRunbook> = {},
  changes: Partial<RunInput> = {},
): RunInput {
  const steps = parts.map((part, index) => stepOf(engine, part, index))
  return {
    ...engine.input([{ object: 'none' }], changes),
    steps,
    ...changes,
    runbook: {
      name: 'shop',
      revision: '1'.repeat(64),
      source: 'runbooks/shop.yaml',
      parameters: {},
      questions: [],
      procedure: 'only',
      approvals: [],
      contacts: {},
      communicate: {},
      checklist: [],
      ...runbook,
    },
  }
}

function stepOf(engine: Engine, { object, fields, ...part }: Part, index: number): CompiledStep {
  if (object !== undefined) {
    const [compiled] = engine.input([{ object, ...fields }]).steps
    if (!compiled) throw new Error('an input with one step has one step')
    return { ...compiled, id: `s${index + 1}`, procedure: 'only', ...part }
  }
  const kind = part.role ?? 'manual'
  const text = part.asked?.text ?? kind
  return {
    ...{ id: `s${index + 1}`, kind, title: text, connection: part.check ? 'memory' : 'unwind', procedure: 'only' },
    ...{ step: { kind, ...fields }, optional: false, onFailure: 'pause' as const },
    ...part,
  }
}
