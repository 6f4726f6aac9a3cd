import { UnwindError } from '../../model/errors.ts'
import type { CallContext, Move, Plan, Revision, Verdict, Warning } from '../../model/target.ts'
import { type Choice, choose } from './choose.ts'
import { changesOf, sameContent } from './content.ts'
import { isAt, type Item, keptOf, parseState, presentOf, stateOf, type Version, type VersionState } from './item.ts'
import type { VersionSystem } from './item.ts'

/** What every step of versioned configuration says. */
interface VersionedStep {
  to: string | number
  force?: { reason: string } | undefined
}

const LIMITS = { apply: 60_000, verify: 60_000 }
/** More versions since the plan are not looked into. */
const LOOKED = 10
/** Time to let whoever won a race finish before looking again. */
const RACE = 200

/** The verbs of a target that takes configuration back to an older version, for any system that keeps versions. */
export function versionVerbs<Step extends VersionedStep>(system: VersionSystem<Step>) {
  return {
    history: async (step: Step, context: CallContext): Promise<Revision[]> =>
      revisions(await system.read(step, context)),
    plan: (step: Step, context: CallContext) => plan(system, step, context),
    apply: (step: Step, move: Move<VersionState>, context: CallContext) => apply(system, step, move, context),
    verify: async (step: Step, state: VersionState, context: CallContext): Promise<Verdict> => {
      const item = await system.read(step, context)
      const present = presentOf(item)
      const good = await isAt(item, state)
      const summary = `${item.name} ${good ? 'holds' : 'does not hold'} what version ${state.version} holds, as version ${present.version}`
      return { status: good ? 'pass' : 'fail', evidence: { summary, facts: { version: present.version } } }
    },
  }
}

function revisions({ name, versions }: Item): Revision[] {
  return versions.slice(0, 50).map(({ version, at, labels, by, gone }, index) => ({
    ...{
      id: String(version),
      title: `${name}: version ${version}`,
      current: index === 0,
      verified: false,
      createdAt: at,
    },
    details: {
      ...(labels.length > 0 && { labels: labels.join(', ') }),
      ...(by !== undefined && { by }),
      ...(gone !== undefined && { gone }),
    },
  }))
}

async function plan<Step extends VersionedStep>(
  system: VersionSystem<Step>,
  step: Step,
  context: CallContext,
): Promise<Plan<VersionState>> {
  const [item, ledger] = await Promise.all([system.read(step, context), context.ledger?.()])
  refuseOwned(item, step)
  const from = context.assumed ? recorded(item, context.assumed) : presentOf(item)
  const choice: Choice = context.towards
    ? { version: recorded(item, context.towards), warnings: [] }
    : await choose(step.to, item, ledger)
  const [here, goal] = await Promise.all([held(item, from), held(item, choice.version)])
  const there = sameContent(here, goal)
  return {
    summary: summary(item, from, choice.version, there),
    object: item.object,
    from: stateOf(item, from),
    to: stateOf(item, there ? from : choice.version),
    changes: changesOf(here, goal),
    reversible: true,
    warnings: warnings(item, there, choice),
    limits: LIMITS,
    ...(!there && { impact: [`whoever has read ${item.name} keeps the old value until it reads it again`] }),
    ...(choice.release !== undefined && { release: choice.release }),
  }
}

function refuseOwned({ name, owner }: Item, { force }: VersionedStep): void {
  if (owner === undefined || force) return
  const message = `${name} belongs to ${owner}, which would write it anew; change it there, or set force with a reason`
  throw new UnwindError('TARGET_OWNED', message, { owner })
}

function warnings({ name, owner, warnings: own }: Item, there: boolean, choice: Choice): Warning[] {
  const message = `${name} belongs to ${owner}, which may write it anew`
  return [
    ...(owner === undefined ? [] : [{ code: 'OWNED', message, confirm: true }]),
    ...(there ? [{ code: 'ALREADY_THERE', message: `${name} holds this already` }] : []),
    ...choice.warnings,
    ...own,
  ]
}

function summary({ name }: Item, from: Version, to: Version, there: boolean): string {
  if (there) return `${name} holds what version ${to.version} holds already`
  return `${name}: version ${from.version} → what version ${to.version} holds (of ${to.at})`
}

/** The version of a state of an earlier run or step. Throws NO_ROLLBACK_TARGET when it was pruned since. */
function recorded(item: Item, state: Record<string, unknown>): Version {
  const kept = keptOf(item, parseState(state, item))
  if (kept) return kept
  throw pruned(item, Number(state['version']))
}

async function held(item: Item, { version }: Version) {
  const content = await item.content(version)
  if (content) return content
  throw pruned(item, version)
}

function pruned({ name }: Item, version: number): UnwindError {
  const message = `version ${version} of ${name} is not kept any more, so nothing can bring it back; write what it held by hand`
  return new UnwindError('NO_ROLLBACK_TARGET', message)
}

async function apply<Step extends VersionedStep>(
  system: VersionSystem<Step>,
  step: Step,
  { from, to }: Move<VersionState>,
  context: CallContext,
): Promise<{ state: VersionState } | { again: number; doing: string }> {
  const item = await system.read(step, context)
  if (await isAt(item, to)) return { state: to }
  if (!(await isAt(item, from))) throw await stale(item, { from, to })
  const old = recorded(item, to)
  const written = await system.write(step, old, presentOf(item), item, context)
  if (written === 'lost') return { again: RACE, doing: `somebody else wrote ${item.name} meanwhile; reading it again` }
  return { again: 0, doing: `writes what version ${to.version} of ${item.name} holds` }
}

/** `untouched` where no version since the plan holds what was to be written: then this rollback has written none. */
async function stale(item: Item, { from, to }: Move<VersionState>): Promise<UnwindError> {
  const since = item.versions.filter(({ version, gone }) => version > from.version && gone === undefined)
  const goal = await item.content(to.version)
  const contents = await Promise.all(since.slice(0, LOOKED).map(({ version }) => item.content(version)))
  const untouched = goal !== undefined && !contents.some((content) => content && sameContent(content, goal))
  const message = `somebody has written ${item.name} since the plan; what they wrote is kept. Plan again`
  return new UnwindError('PLAN_STALE', message, { untouched: untouched && since.length <= LOOKED })
}
