import { UnwindError } from '../../../model/errors.ts'
import { canonical } from '../../../model/canonical.ts'
import type { Dice } from '../../support/dice.ts'
import { until } from '../../support/until.ts'
import type { Lab } from '../../targets/kubernetes-lab.ts'
import { codes, verbs } from '../../targets/kubernetes-verbs.ts'
import { DIFFERENCES } from './differences.ts'
import { life as lifeOf, type Life } from './history.ts'
import { ranked, twin, type Twin } from './twin.ts'

/** What somebody's way back came to. */
interface End {
  ok: boolean
  said: string
  template: string
}

/** Two twins, one taken back by Unwind and one by kubectl. */
export interface Attempt {
  life: Life
  to: 'previous' | number
  /** The templates of both before, as somebody wrote them: the present one, and the one before a hasty apply. */
  before: { present: string; last: string }
  /** `moved`: the number that was asked for is another one by now. */
  ours: End & { moved: boolean }
  theirs: End
}

/** Lets twins live a random life and takes both back. Answers what was seen; throws where it is on no list. */
export async function attempt([left, right]: readonly [Lab, Lab], dice: Dice, index: number): Promise<string> {
  const life = lifeOf(dice, index)
  const name = `twin-${index}`
  const [mine, other] = [twin(left, name, life), twin(right, name, life)]
  for (const act of life.acts) await Promise.all([mine.live(act), other.live(act)])
  await alike(mine, other)
  const to = await target(life, other)
  const last = await other.template()
  if (life.hasty) for (const one of [other, mine]) await one.apply(life.hasty)
  const before = { present: await other.template(), last }
  const theirs = await byKubectl(other, to)
  const ours = await byUnwind(mine, to)
  const seen = { life, to, before, ours, theirs }
  const told = `${life.kind}, ${life.acts.map(({ act }) => act).join(' ')}${life.hasty ? ' hasty' : ''}, to ${to}`
  try {
    return `${told}: ${judge(seen, await rest(mine), await rest(other))}`
  } catch (error) {
    throw new Error(
      `${told}: ${error instanceof Error ? error.message : String(error)}; kubectl: ${theirs.said}; unwind: ${ours.said}`,
    )
  }
}

/** The number that a rank stands for; one that nothing is kept under where there is nothing else. */
async function target({ to }: Life, { kept, template }: Twin): Promise<'previous' | number> {
  if (to === 'previous') return to
  if ('number' in to) return to.number
  const here = await template()
  return ranked(await kept(), here, to.rank)?.number ?? 99
}

/** Both keep the same under the same numbers, once the controllers have done what they do in their own time. */
async function alike(mine: Twin, other: Twin): Promise<void> {
  const look = async () => {
    const both = [await mine.kept(), await other.kept()].map((kept) =>
      kept.map(({ number, template }) => [number, template]),
    )
    return both.map((kept) => canonical(kept))
  }
  let calm = 0
  await until(
    look,
    ([a, b]) => (calm = a === b ? calm + 1 : 0) > 4,
    (seen) =>
      `the twins keep different things before anything is undone: ${seen?.map((kept) => kept.length).join(' and ')} characters`,
    20_000,
  )
}

async function byKubectl(other: Twin, to: 'previous' | number): Promise<End> {
  const number = to === 'previous' ? [] : [`--to-revision=${to}`]
  const { ok, said } = await other.kubectl('rollout', 'undo', `${other.lab.kind}/${other.name}`, ...number)
  return { ok, said, template: await other.template() }
}

async function byUnwind(mine: Twin, to: 'previous' | number): Promise<End & { moved: boolean }> {
  const back = verbs(mine.lab, mine.name, { to })
  try {
    const plan = await back.plan()
    await back.apply(plan)
    return {
      ok: true,
      said: plan.summary,
      template: await mine.template(),
      moved: codes(plan).includes('REVISION_MOVED'),
    }
  } catch (error) {
    if (!(error instanceof UnwindError)) throw error
    return { ok: false, said: `${error.code}: ${error.message}`, template: await mine.template(), moved: false }
  }
}

/** What no way back may touch. */
async function rest({ workload }: Twin): Promise<string> {
  const { spec } = await workload()
  const { template: _, ...others } = spec
  return canonical(others)
}

function judge(seen: Attempt, mine: string, other: string): string {
  const { ours, theirs } = seen
  if (mine !== other) throw new Error(`something else than the template differs: ${mine} and ${other}`)
  if (ours.template === theirs.template && ours.ok === theirs.ok) return ours.ok ? 'equal' : 'both refuse'
  const found = DIFFERENCES.find(({ is }) => is(seen))
  if (!found) throw new Error('the templates or the answers differ, and that is on no list')
  return `differs as listed: ${found.name}`
}
