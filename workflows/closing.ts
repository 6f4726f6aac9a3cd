import { openItems } from '../model/runbook/checklist.ts'
import { passDrill } from './drilling.ts'
import { end, enter, note, type Run } from './record.ts'
import { page } from './telling.ts'
import { awaitPeople, pageEvery } from './waiting.ts'

/** Ends a run whose steps are all done, once the required items of its checklist are ticked. */
export async function close(run: Run): Promise<void> {
  const { state } = run
  if (state.drill) return passDrill(run)
  const open = openItems(state)
  if (open.length === 0) return end(run, 'recovered', 'Every step is applied and verified')
  if (state.phase !== 'closing') {
    const text = `All steps are done; still to be ticked: ${open.map(({ text: item }) => item).join('; ')}`
    enter(run, 'closing')
    note(run, 'closing', text)
    page(run, 'closing', text)
    delete state.nudged
  }
  await awaitPeople(run, {
    summary: 'Waiting for the checklist',
    text: `Still to be ticked: ${open.map(({ text: item }) => item).join('; ')}`,
    since: state.timeline.findLast(({ type }) => type === 'closing')?.at ?? Date.now(),
    answered: () => openItems(state).length < open.length,
    remind: pageEvery(run),
    keeper: state,
  })
}
