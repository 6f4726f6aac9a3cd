import { execFileSync } from 'node:child_process'
import type { Place } from '../../git/fixture.ts'
import type { Dice } from '../../support/dice.ts'

type Tree = Map<string, string>

/** The two apps that share each repository; the path of one lies as a prefix in the name of the other. */
export const APPS = ['apps/shop', 'apps/shop-search'] as const

const PLACES = [...APPS, 'apps/shop/base', 'charts', '.']
const NAMES = ['values.yaml', 'deployment.yaml', 'logo.bin', 'ä b.txt', 'main']

/** Writes a random history on main, with merges of side branches, and answers the commits of main, oldest first. */
export function write(place: Place, dice: Dice): string[] {
  const stream: string[] = []
  const main: { mark: number; tree: Tree }[] = []
  let marks = 0
  const commit = (tree: Tree, parents: readonly number[], branch: string): number => {
    marks++
    const subject = `change ${marks}`
    const author = dice.pick(['Ann', 'Bob', 'Cid']) ?? 'Ann'
    stream.push(`commit refs/heads/${branch}\nmark :${marks}\n`)
    for (const role of ['author', 'committer'])
      stream.push(`${role} ${author} <${author}@example.test> ${1_700_000_000 + marks * 60} +0000\n`)
    stream.push(`data ${subject.length}\n${subject}\n`)
    const [first, ...others] = parents
    if (first !== undefined) stream.push(`from :${first}\n`)
    for (const other of others) stream.push(`merge :${other}\n`)
    stream.push('deleteall\n')
    for (const [path, content] of tree)
      stream.push(`M 100644 inline "${path}"\ndata ${Buffer.byteLength(content)}\n${content}\n`)
    return marks
  }
  const begin: Tree = new Map(APPS.map((app) => [`${app}/values.yaml`, lines(dice)]))
  main.push({ mark: commit(begin, [], 'main'), tree: begin })
  const length = dice.between(6, 18)
  while (main.length < length) {
    const head = main.at(-1)
    if (!head) break
    if (dice.chance(0.2)) {
      const side = changed(head.tree, dice)
      const [there, here] = [commit(side, [head.mark], 'side'), changed(head.tree, dice)]
      const before = commit(here, [head.mark], 'main')
      const merged = new Map([...here, ...side])
      main.push({ mark: before, tree: here }, { mark: commit(merged, [before, there], 'main'), tree: merged })
      continue
    }
    // A revert, or a revert of one: all that an earlier commit held comes back.
    const tree = dice.chance(0.2) ? new Map(dice.pick(main)?.tree) : changed(head.tree, dice)
    main.push({ mark: commit(tree, [head.mark], 'main'), tree })
  }
  imported(place, stream.join(''))
  return place.git('rev-list', '--first-parent', '--reverse', 'main').split('\n')
}

function imported(place: Place, input: string): void {
  execFileSync('git', ['--git-dir', place.bare, 'fast-import', '--quiet', '--force'], { input })
}

/** One to three files come, go, change some lines or move. */
function changed(before: Tree, dice: Dice): Tree {
  const tree = new Map(before)
  for (let count = dice.between(1, 3); count > 0; count--) {
    const path = dice.pick([...tree.keys()])
    const content = path === undefined ? undefined : tree.get(path)
    if (path === undefined || content === undefined || dice.chance(0.25)) put(tree, fresh(dice), lines(dice), dice)
    else if (dice.chance(0.15) && tree.size > 2) tree.delete(path)
    else if (dice.chance(0.3)) {
      tree.delete(path)
      put(tree, fresh(dice), content, dice)
    } else tree.set(path, edited(content, dice))
  }
  return tree
}

/** A file can't lie where a folder is needed, nor the other way round. */
function put(tree: Tree, path: string, content: string, dice: Dice): void {
  const other = [...tree.keys()].some((known) => known.startsWith(`${path}/`) || path.startsWith(`${known}/`))
  const name = path.endsWith('.bin') || dice.chance(0.1) ? `\u0000${content}` : content
  tree.set(other ? `${path}.${tree.size}` : path, name)
}

function fresh(dice: Dice): string {
  const [folder = '.', name = 'main'] = [dice.pick(PLACES), dice.pick(NAMES)]
  return folder === '.' ? name : `${folder}/${name}`
}

function lines(dice: Dice): string {
  return Array.from({ length: dice.between(3, 12) }, (_, at) => `key${at}: ${dice.between(0, 9)}\n`).join('')
}

function edited(content: string, dice: Dice): string {
  const all = content.split('\n')
  all[dice.between(0, all.length - 1)] = `edited: ${dice.between(0, 99)}`
  return all.join('\n')
}
