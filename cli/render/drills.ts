import { lastDrillText } from '../../model/drill/result.ts'
import { readable } from '../../model/duration.ts'
import type { Drills } from '../drills.ts'
import type { Line } from './span.ts'
import { age, type Cell, tableLines } from './table.ts'

/** The last good drill, what is scheduled, and one line for each that is kept. */
export function drillLines({ last, overdue, schedule, running, results }: Drills, now: number): Line[] {
  const rows = results.map(({ startedAt, took, passed, procedure = '', problem, left = [] }): Cell[] => [
    age(now - startedAt),
    passed ? ['good', 'passed'] : ['bad', 'failed'],
    readable(took),
    procedure,
    [
      ...(problem ? [`${problem.code}: ${problem.message}`] : []),
      ...(left.length > 0 ? [`still there: ${left.join(', ')}`] : []),
    ].join('; '),
  ])
  return [
    [[last ? 'good' : 'bad', lastDrillText(last, now)]],
    ...scheduleLines(schedule),
    ...(overdue ? [[['bad', 'None has passed for too long: see why, and drill now.']] as Line] : []),
    ...(running ? [[['ask', 'One is running now.']] as Line] : []),
    ...(rows.length > 0 ? [[], ...tableLines(['AGE', 'RESULT', 'TOOK', 'PROCEDURE', 'WHY'], rows)] : []),
  ]
}

function scheduleLines(schedule: Drills['schedule']): Line[] {
  if (!schedule) return [[['plain', 'No drill is scheduled.']]]
  const { every, next, paused, runbook, procedure, outdated } = schedule
  const when = next === undefined ? '' : `, the next one at ${new Date(next).toISOString().slice(0, 16)}Z`
  const what = `${runbook}${procedure ? `, procedure ${procedure}` : ''}`
  return [
    [['plain', `Drilled every ${readable(every)}${when}: ${what}.`]],
    ...(paused ? [[['ask', 'The schedule is paused in Temporal: none is started.']] as Line] : []),
    ...(outdated ? [[['ask', 'The runbook is another one by now; schedule the drill anew.']] as Line] : []),
  ]
}
