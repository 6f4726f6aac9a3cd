import { type Ledger, lostLines } from '../../../model/service/facts.ts'
import type { CallContext, Change, Plan } from '../../../model/target.ts'
import { imagesOf, type Item } from '../../kubernetes/manifest.ts'
import { changes, type Pair, pairs } from '../../kubernetes/manifest-diff.ts'
import { type Application, readApplication, sameContent, shown } from '../../argo-cd/application.ts'
import { type Choice, choose, wayTo } from './choose.ts'
import type { Argo } from '../../argo-cd/connect.ts'
import { heldBy } from './hold.ts'
import { rendered } from './manifests.ts'
import { readWindows } from './project.ts'
import type { ArgoCdStep } from './schema.ts'
import { type ArgoState, isOn, objectOf, parseState, stateOf } from './state.ts'
import { warningsOf } from './warnings.ts'

const LIMITS = { apply: 600_000, verify: 600_000 }

/** What the step would deploy, what holds it there, and what stands in the way. Writes nothing, and refreshes nothing. */
export async function plan(step: ArgoCdStep, context: CallContext<Argo>): Promise<Plan<ArgoState>> {
  const application = await readApplication(step, context)
  const windows = await readWindows(application, context)
  const ledger = await context.ledger?.()
  const from = context.assumed ? parseState(context.assumed) : stateOf(application, windows)
  const choice = context.towards
    ? wayTo(parseState(context.towards), application)
    : choose(step.to, application, ledger)
  const held = context.towards
    ? { ...parseState(context.towards), warnings: [] }
    : await heldBy(step, { application, windows, from }, context)
  const { hold, automated } = held
  const to: ArgoState = { ...choice.content, ...(choice.id !== undefined && { id: choice.id }), hold, automated }
  const both = await manifestsOf(application, from, to, context)
  const warnings = await warningsOf(step, { application, windows, from, to, pairs: both?.all }, context)
  const there = sameContent(from, to) && from.hold === to.hold
  return {
    summary: summaryOf(application, to, there),
    object: objectOf(context.connection, application),
    from,
    to: there ? from : to,
    changes: there ? [] : changesOf(step, application, { from, to }, both?.all),
    reversible: from.id === undefined ? { because: NO_WAY_BACK } : true,
    warnings: [...choice.warnings, ...held.warnings, ...warnings],
    limits: LIMITS,
    ...told({ application, choice, to, both, ledger }),
    ...(owes(from, to) && { owes: owesOf(application, to) }),
  }
}

const NO_WAY_BACK = 'the present deployment did not end well, so the history of the application has no entry for it'

interface Both {
  from: Item[]
  to: Item[]
  all: Pair[]
}

async function manifestsOf(
  application: Application,
  from: ArgoState,
  to: ArgoState,
  context: CallContext<Argo>,
): Promise<Both | undefined> {
  const [before, after] = await Promise.all([from, to].map((state) => rendered(application, state, context)))
  return before && after && { from: before, to: after, all: pairs(before, after) }
}

function changesOf(
  { prune }: ArgoCdStep,
  application: Application,
  { from, to }: { from: ArgoState; to: ArgoState },
  all: readonly Pair[] = [],
): Change[] {
  const holding = (state: ArgoState) =>
    state.hold === 'window'
      ? `held by a sync window of project ${application.project}`
      : isOn(state.automated)
        ? 'on'
        : 'off'
  return [
    ...(sameContent(from, to) ? [] : [{ path: 'revision', from: shown(from), to: shown(to) }]),
    ...(from.source === to.source ? [] : [{ path: 'source', from: 'the present settings', to: 'those of then' }]),
    ...(holding(from) === holding(to) ? [] : [{ path: 'auto-sync', from: holding(from), to: holding(to) }]),
    ...changes(all, { namespace: application.destination }, () => !prune),
  ]
}

/** Only the run that has switched auto-sync off knows what it was before; a window anybody can take away. */
function owes(from: ArgoState, to: ArgoState): boolean {
  return to.hold === 'window' || (to.hold !== 'none' && from.hold === 'none')
}

/** The hold outlives the rollback: it is let go of as soon as Git agrees. */
function owesOf({ name, project }: Application, { hold }: ArgoState): string {
  const how = hold === 'window' ? `by a sync window of project ${project}` : 'by its switched off auto-sync'
  return `${name} is held ${how} until what Git holds is what runs; take the change back in Git`
}

interface Told {
  application: Application
  choice: Choice
  to: ArgoState
  both: Both | undefined
  ledger: Ledger | undefined
}

function told({ application, choice, to, both, ledger }: Told): Partial<Plan<ArgoState>> {
  const artifacts = both && { from: imagesOf(both.from), to: imagesOf(both.to) }
  const lost = ledger && artifacts ? lostLines(ledger, artifacts.from, artifacts.to) : []
  const git = sameContent(to, { revisions: application.sync.revisions, source: application.source })
  return {
    impact: git ? [] : [`${application.name} is OutOfSync until Git holds what ${shown(to)} does`],
    ...(artifacts && { artifacts }),
    ...(lost.length > 0 && { lost }),
    ...(choice.release !== undefined && { release: choice.release }),
  }
}

function summaryOf({ name }: Application, to: ArgoState, there: boolean): string {
  if (there) return `${name} runs ${shown(to)} already`
  const entry = to.id === undefined ? '' : ` (deployment ${to.id})`
  return `${name} → ${shown(to)}${entry}${to.hold === 'none' ? '' : ', auto-sync held'}`
}
