import { type Became, manual, refused } from './became.ts'
import { recognise } from './commands/index.ts'
import { resolve } from './scope.ts'
import { type Command, nameOf } from './shell/grammar.ts'
import { parseShell } from './shell/parse.ts'
import type { Walk } from './walk.ts'

/**
 * What `NAME=$(command)` is. A lookup in a history by a version is refused, since grep matches parts of other versions;
 * the version itself takes its place, and the step resolves it exactly.
 */
export function lookup(
  name: string,
  source: string,
  walk: Walk,
): { is: 'comment'; because: string } | { is: 'command'; became: Became } {
  const { scope, around } = walk
  scope.values.set(name, undefined)
  const commands = commandsOf(source)
  const [first, ...rest] = commands
  if (!first) return { is: 'comment', because: 'What it holds only a shell can tell; what uses it stays as text.' }
  const args = first.words.slice(1).map((word) => resolve(word, scope))
  const command = nameOf(first) ?? ''
  const searched = rest.find((one) => /^e?grep$/.test(nameOf(one) ?? ''))
  if (searched && /^(helm|argocd|kubectl)$/.test(command) && /\bhistory\b/.test(source)) {
    const pattern = searched.words
      .slice(1)
      .map((word) => resolve(word, scope))
      .find((word) => !word?.startsWith('-'))
    if (pattern?.includes('{{')) scope.values.set(name, pattern)
    return { is: 'command', became: INEXACT }
  }
  const found = recognise(command, args, around)
  if (found?.as === 'step' && found.step.kind === 'check') return { is: 'command', became: found }
  if (found?.as === 'refused') return { is: 'command', became: found }
  if (found?.as === 'look') return { is: 'comment', because: found.because }
  if (found?.as === 'step')
    return { is: 'command', became: manual('What it prints is used later, which only a shell can tell.') }
  return { is: 'comment', because: 'What it holds only a shell can tell; what uses it stays as text.' }
}

const INEXACT = refused(
  'grep finds the version inside of others too (1.2.3 in 11.2.30), and in rows of failed releases.',
  'Name the version itself: the step resolves it exactly, and the plan shows which revision that is.',
)

function commandsOf(source: string): Command[] {
  try {
    const [statement, ...others] = parseShell(source)
    return statement?.type === 'pipeline' && others.length === 0 ? statement.commands : []
  } catch (error) {
    if (error instanceof SyntaxError) return []
    throw error
  }
}
