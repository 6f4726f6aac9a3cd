import type { Role } from '../../../model/run.ts'
import { type Case, CHOICES, type FaultName, type Known, type PlannedStep } from './case.ts'
import { type Dice, roll } from '../../support/dice.ts'

/** How many steps a procedure has. */
interface Size {
  least: number
  most: number
}

/** The case of this seed and index. */
export function generate(seed: number, index: number, size: Size = { least: 1, most: 6 }): Case {
  const dice = roll(seed, index)
  const objects = Array.from({ length: dice.between(1, 3) }, (_, n) => ({
    name: `o${index}-${n}`,
    revisions: ['v1', 'v2', 'v3', 'v4'].slice(dice.chance(0.15) ? 2 : 0),
  }))
  const names = dice.chance(0.5) ? ['steps'] : ['small', 'large']
  const embedded: Case['embedded'] = {}
  const procedures = Object.fromEntries(names.map((name) => [name, procedure(dice, objects, name, embedded, size)]))
  const questions = names.length > 1 ? tree(dice) : []
  const all = Object.values(procedures).flat()
  const approvals = dice.chance(0.2) ? dice.between(1, 2) : 0
  const met = faults(dice, all)
  const said = script(dice, all, questions)
  const pausing = dice.chance(0.3) ? pauses(dice, all, Object.keys(said)) : []
  return {
    ...{ seed, index, questions, procedures, embedded, objects, approvals },
    expiring: approvals > 0 && dice.chance(0.15),
    overdue: dice.chance(0.05),
    checklist: checklist(dice, all),
    faults: pausing.length > 0 ? withoutPlans(met) : met,
    ...{ script: said, pauses: pausing },
    ...(index % 2 === 1 && { events: dice.between(40, 70) }),
    cache: index % 4 < 3,
  }
}

function procedure(
  dice: Dice,
  objects: Case['objects'],
  name: string,
  embedded: Case['embedded'],
  size: Size,
): PlannedStep[] {
  const made = grouped(steps(dice, objects, size))
  if (!dice.chance(0.35)) return made
  const inside = stretch(dice, made)
  if (inside.length === 0) return made
  const id = 'part'
  const when = dice.pick<Known>(['yes', 'no', 'unknown'])
  embedded[name] = { id, ...(when && dice.chance(0.4) && { when }) }
  return made.map((step) => (inside.includes(step) ? named(step, id) : step))
}

function steps(dice: Dice, objects: Case['objects'], { least, most }: Size): PlannedStep[] {
  const made: PlannedStep[] = []
  let group: number | undefined
  const count = dice.between(least, most)
  for (let n = 1; n <= count; n++) {
    group = dice.chance(0.4) ? (group ?? n) : undefined
    const beside = made.filter((step) => group !== undefined && step.group === group)
    const before = made.filter((step) => !beside.includes(step))
    made.push(one(dice, `s${n}`, { objects, beside, before, group }))
  }
  return made
}

/** A document has no group of one. */
function grouped(made: PlannedStep[]): PlannedStep[] {
  return made.map(({ group, ...step }) => {
    const several = group !== undefined && made.filter((other) => other.group === group).length > 1
    return { ...step, ...(several && { group }) }
  })
}

/** Neighbours that another runbook may hold: they split no group, and nothing leads in or out of them. */
function stretch(dice: Dice, made: PlannedStep[]): PlannedStep[] {
  const [from, to] = [dice.between(0, made.length - 1), dice.between(1, made.length)]
  const inside = made.slice(from, to)
  const outside = made.filter((step) => !inside.includes(step))
  const leads = (a: PlannedStep[], b: PlannedStep[]) => a.some((step) => b.some(({ id }) => namedBy(step).includes(id)))
  const split = inside.some(({ group }) => group !== undefined && outside.some((other) => other.group === group))
  return split || leads(inside, outside) || leads(outside, inside) ? [] : inside
}

function namedBy({ of, when }: PlannedStep): string[] {
  return [of, typeof when === 'object' ? when.passed : undefined].filter((id) => id !== undefined)
}

function named(step: PlannedStep, outer: string): PlannedStep {
  const { id, of, when } = step
  return {
    ...step,
    id: `${outer}.${id}`,
    ...(of && { of: `${outer}.${of}` }),
    ...(typeof when === 'object' && { when: { passed: `${outer}.${when.passed}` } }),
  }
}

interface Place {
  objects: Case['objects']
  beside: PlannedStep[]
  before: PlannedStep[]
  group: number | undefined
}

/** Steps of one group share no object and measure none of each other, because their order there is nobody's promise. */
function one(dice: Dice, id: string, { objects, beside, before, group }: Place): PlannedStep {
  const taken = beside.flatMap(({ object }) => object ?? [])
  const measured = beside.flatMap(({ of }) => before.find((step) => step.id === of)?.object ?? [])
  const free = objects.filter(({ name }) => !taken.includes(name) && !measured.includes(name))
  const measurable = before.filter(({ object }) => object && !taken.includes(object) && !measured.includes(object))
  const wanted = dice.pick<Role>(['change', 'change', 'change', 'check', 'wait', 'manual', 'approve', 'notify'])
  const object = wanted === 'change' ? dice.pick(free)?.name : undefined
  const of = wanted === 'check' ? dice.pick(measurable)?.id : undefined
  const role = (wanted === 'change' && !object) || (wanted === 'check' && !of) ? 'manual' : (wanted ?? 'manual')
  const earlier = dice.pick(before)
  const when = dice.pick<PlannedStep['when']>(['yes', 'no', 'unknown', ...(earlier ? [{ passed: earlier.id }] : [])])
  return {
    ...{ id, role },
    ...(object && { object }),
    ...(of && { of }),
    ...(object && dice.chance(0.08) && { irreversible: true }),
    ...(object && dice.chance(0.3) && { timeout: true }),
    optional: dice.chance(0.3),
    onFailure: dice.chance(0.15) ? 'compensate' : 'pause',
    ...(dice.chance(0.25) && { retries: dice.between(1, 2) }),
    ...(group !== undefined && { group }),
    ...(when && dice.chance(0.3) && { when }),
  }
}

function tree(dice: Dice): Case['questions'] {
  const known = () => dice.pick<Known>(['yes', 'no', 'unknown']) ?? 'unknown'
  const given = () => (dice.chance(0.2) ? { given: dice.pick<'yes' | 'no'>(['yes', 'no']) ?? 'yes' } : {})
  const first = { id: 'linked', question: 'Is it the release?', evidence: known(), ...given() }
  const second = { id: 'size', question: 'Is it large?', evidence: known(), ...given() }
  return [
    { ...first, onYes: { ask: 'size' }, onNo: dice.chance(0.5) ? { stop: 'Look elsewhere.' } : { run: 'small' } },
    { ...second, onYes: { run: 'large' }, onNo: { run: 'small' } },
  ]
}

function checklist(dice: Dice, all: PlannedStep[]): Case['checklist'] {
  return Array.from({ length: dice.chance(0.3) ? dice.between(1, 3) : 0 }, (_, n) => {
    const step = dice.chance(0.4) ? dice.pick(all)?.id : undefined
    const ticks = step ? { step } : dice.chance(0.3) ? { event: 'planned' as const } : undefined
    return { id: `i${n}`, required: dice.chance(0.7), ...(ticks && { ticks }) }
  })
}

function faults(dice: Dice, all: PlannedStep[]): Case['faults'] {
  const found: Case['faults'] = {}
  for (const { id, object, timeout } of all) {
    if (!object) continue
    const moved = () => `moved:v${dice.between(1, 4)}` as const
    const late: FaultName[] = timeout ? ['slow', 'slower'] : ['slow', 'stuck']
    const several = (...possible: (FaultName | (() => FaultName))[]) =>
      Array.from({ length: dice.between(1, 4) }, () => {
        const fault = dice.pick(possible) ?? 'ok'
        return typeof fault === 'function' ? fault() : fault
      })
    if (dice.chance(0.15)) found[`${id}.plan`] = several('ok', 'ok', 'unreachable', 'forbidden')
    if (dice.chance(0.35))
      found[`${id}.apply`] = several('ok', 'unreachable', 'forbidden', 'thenTimeOut', moved, ...late)
    if (dice.chance(0.35))
      found[`${id}.verify`] = several('ok', 'fail', 'inconclusive', 'unreachable', 'forbidden', moved, ...late)
  }
  return found
}

/** How often a run plans that is paused and goes on as a new execution is nobody's promise. */
function withoutPlans(met: Case['faults']): Case['faults'] {
  return Object.fromEntries(Object.entries(met).filter(([key]) => !key.endsWith('.plan')))
}

function script(dice: Dice, all: PlannedStep[], questions: Case['questions']): Case['script'] {
  const said = (chance: number, glass = 0) =>
    Array.from({ length: dice.between(1, 2) }, () =>
      dice.chance(glass) ? 'glass' : dice.chance(chance) ? 'no' : 'yes',
    )
  const found: Case['script'] = { plan: said(0.3, 0.15) }
  for (const { id } of questions) found[`question ${id}`] = said(0.5)
  for (const { id, role, group, when } of all) {
    const breakable = role === 'approve' && group === undefined && when === undefined && !id.includes('.')
    found[`step ${id}`] = said(0.3, breakable ? 0.2 : 0)
    found[`park ${id}`] = Array.from({ length: dice.between(1, 3) }, () => dice.pick(CHOICES) ?? 'retry')
  }
  return found
}

/** Somebody pauses only while the whole run waits: what else is under way in a group comes to rest when it likes. */
function pauses(dice: Dice, all: PlannedStep[], subjects: string[]): string[] {
  const grouped = all.filter(({ group }) => group !== undefined).map(({ id }) => `step ${id}`)
  return subjects.flatMap((subject) =>
    grouped.includes(subject) || !dice.chance(0.3) ? [] : [`${subject}/${dice.between(0, 1)}`],
  )
}
