import { openGit } from '../git/fixture.ts'
import { roll } from '../support/dice.ts'
import { restored } from './git/restored.ts'
import { revertedLikeGit } from './git/reverted.ts'

export const title =
  'A path of a branch goes back exactly, everything else stays, and a revert is what git revert makes'

export const describe =
  'Starts git over HTTP. Each of --cases N random repositories (merges, reverts of reverts, renames, binary files, two apps in one repository) is taken back by restore to a random commit, and undone; then a random commit is reverted by Unwind in one copy and by git revert in another, and the trees, or that both meet a conflict, are compared.'

export const cases = 100

interface Line {
  name: string
  passed: boolean
  detail?: string
}

/** One line for each repository. */
export async function prove(
  { cases: count, seed }: { cases: number; seed: number; args: string[] },
  report: (line: Line) => void,
): Promise<void> {
  const lab = await openGit()
  try {
    for (let index = 0; index < count; index++) {
      const dice = roll(seed, index)
      const name = `repository ${index}`
      try {
        const detail = [await restored(lab, dice), await revertedLikeGit(lab, dice)].join('; ')
        report({ name, passed: true, detail })
      } catch (error) {
        report({ name, passed: false, detail: error instanceof Error ? error.message.slice(0, 2_000) : String(error) })
      }
    }
  } finally {
    await lab.close()
  }
}
