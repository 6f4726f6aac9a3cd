import assert from 'node:assert/strict'
import { errorOf, applied, contextFor, planOf, verified } from '../../support/conformance-drive.ts'
import { type GitLab, type Place, target } from '../../git/fixture.ts'
import type { Dice } from '../../support/dice.ts'
import { APPS, write } from './history.ts'

/** Takes a path of a random repository back to a random commit of it, looks at every file, and undoes it. */
export async function restored(lab: GitLab, dice: Dice): Promise<string> {
  const place = await lab.place()
  const commits = write(place, dice)
  const before = commits.at(-1) ?? ''
  const { good, path } = chosen(place, commits, dice)
  const step = place.step({ path, to: good })
  const context = contextFor(place.connection)
  if (below(place, good, path).length === 0) {
    assert.equal((await errorOf(() => planOf(target, step, context))).code, 'NO_ROLLBACK_TARGET')
    return `${path} was not there at the commit, and is refused`
  }
  const plan = await planOf(target, step, context)
  const state = await applied(target, step, plan, context)
  assert.deepEqual(
    below(place, 'main', path),
    below(place, good, path),
    `${path} does not hold what it held at ${good}`,
  )
  assert.deepEqual(beside(place, 'main', path), beside(place, before, path), `files beside ${path} were touched`)
  const moved = plan.changes.length > 0
  assert.equal(place.git('rev-list', '--count', `${before}..main`), moved ? '1' : '0')
  assert.equal((await verified(target, step, state, context)).status, 'pass')
  if (!moved) return `${path} held that already`
  const back = await planOf(target, step, contextFor(place.connection, { towards: plan.from }))
  await applied(target, step, back, contextFor(place.connection))
  assert.equal(place.git('rev-parse', 'main^{tree}'), place.git('rev-parse', `${before}^{tree}`), 'undo left something')
  assert.equal(place.git('merge-base', before, 'main'), before, 'the history was rewritten')
  return `${commits.length} commits, ${path}: ${plan.changes.length} files back and forth`
}

/** Mostly something that moves; now and then what is there already, or was not there then. */
function chosen(place: Place, commits: readonly string[], dice: Dice): { good: string; path: string } {
  for (let tries = 0; ; tries++) {
    const path = dice.pick([...APPS, `${APPS[0]}/values.yaml`, '.']) ?? '.'
    const good = dice.pick(commits) ?? ''
    const [then, now] = [below(place, good, path), below(place, commits.at(-1) ?? '', path)]
    if (tries > 5 || dice.chance(0.1) || (then.length > 0 && then.join() !== now.join())) return { good, path }
  }
}

function below(place: Place, commit: string, path: string): string[] {
  return filesOf(place, commit).filter((line) => within(line, path))
}

function beside(place: Place, commit: string, path: string): string[] {
  return filesOf(place, commit).filter((line) => !within(line, path))
}

function filesOf(place: Place, commit: string): string[] {
  return place
    .git('ls-tree', '-r', '-z', '--full-tree', commit)
    .split('\0')
    .filter((line) => line !== '')
}

function within(line: string, path: string): boolean {
  const [, file = ''] = line.split('\t')
  return path === '.' || file === path || file.startsWith(`${path}/`)
}
