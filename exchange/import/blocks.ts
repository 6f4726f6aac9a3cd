import type { Item } from './item.ts'
import { placeOf } from './item.ts'
import { asComment, asText, isHousekeeping, type Walk, walkStatements } from './walk.ts'
import type { Statement } from './shell/grammar.ts'

/** What is more than a pipeline: conditions that are understood become steps, everything else stays as text. */
export function block(statement: Statement, walk: Walk): Item[] {
  if (statement.type === 'function') {
    walk.functions.set(statement.name, statement.body)
    return [asComment(statement, walk, `The function ${statement.name} stands where it is called.`)]
  }
  if (statement.type === 'group') {
    if (isHousekeeping(statement, walk)) return [asComment(statement, walk, SAID)]
    return walkStatements(statement.body, walk)
  }
  if (statement.type === 'if') return condition(statement, walk)
  return [asText(statement, walk, 'A loop or a case of the script: a person has to see what applies.')]
}

const SAID = 'It prints, or keeps the shell in order; Unwind writes its own timeline.'
type If = Statement & { type: 'if' }

function condition(statement: If, walk: Walk): Item[] {
  const { branches, otherwise = [] } = statement
  const bodies = [...branches.map(({ body }) => body), otherwise]
  if (bodies.every((body) => body.every((inner) => isHousekeeping(inner, walk)))) return guard(statement, walk)
  return (
    oneOrOther(statement, walk) ?? [
      asText(statement, walk, 'It is done under a condition of the script, which a person has to judge.'),
    ]
  )
}

/** Only prints or ends in each branch: what is asked in the condition stays, and a failure of it parks the run. */
function guard(statement: If, walk: Walk): Item[] {
  const [first] = statement.branches
  const asked = statement.branches.length === 1 && first ? walkStatements(plain(first.condition), walk) : []
  const because =
    'It ends the script where something is missing; the plan refuses that, and a failed step parks the run.'
  const checks = asked.filter(
    (item) => item.is === 'command' && (item.became.as === 'step' || item.became.as === 'verification'),
  )
  const place = placeOf(walk.source, statement.start, statement.end, walk.firstLine)
  return [{ is: 'comment', because, ...place }, ...checks]
}

/** A condition without its negation and its joiners: `if ! curl -f …` asks what `curl -f …` asks. */
function plain(condition: readonly Statement[]): Statement[] {
  const [only, ...others] = condition
  if (!only || others.length > 0 || only.type !== 'pipeline') return []
  return [{ ...only, negated: false, follows: 'always' }]
}

/** `if [ -z "$REVISION" ]; then undo; else undo --to-revision=$REVISION; fi` is one step with a parameter. */
function oneOrOther(statement: If, walk: Walk): Item[] | undefined {
  const [first] = statement.branches
  if (!first || statement.branches.length > 1 || !statement.otherwise) return undefined
  const variable = testedVariable(first.condition, walk)
  const [one, other] = [first.body, statement.otherwise].map((body) => only(walkStatements(body, walk)))
  if (!variable || !one || !other) return undefined
  const [bare, chosen] = one.became.step['to'] === 'previous' ? [one, other] : [other, one]
  const parameter = /^\{\{ parameters\.(\w+) \}\}$/.exec(String(chosen.became.step['to']))?.[1]
  const same = one.became.object === other.became.object && one.became.step.kind === other.became.step.kind
  if (
    !same ||
    bare.became.step['to'] !== 'previous' ||
    !parameter ||
    walk.scope.values.get(variable) !== chosen.became.step['to']
  )
    return undefined
  walk.scope.parameters.set(parameter, { type: 'string', default: 'previous' })
  const because = `Both branches are this step: without ${parameter} it goes to the revision before.`
  const place = placeOf(walk.source, statement.start, statement.end, walk.firstLine)
  return [{ is: 'command', became: { ...chosen.became, because }, ...place }]
}

/** The variable of `[ -z "$X" ]` or `[ -n "$X" ]`. */
function testedVariable(condition: readonly Statement[], walk: Walk): string | undefined {
  const [test] = condition
  if (test?.type !== 'pipeline') return undefined
  const text = walk.source.slice(test.start, test.end)
  return /^(?:\[\[?|test)\s+(?:!\s+)?-[zn]\s+"?\$\{?(\w+)(?::?-)?\}?"?\s*(?:\]\]?)?$/.exec(text)?.[1]
}

function only(
  items: readonly Item[],
): { became: { as: 'step'; step: Record<string, unknown> & { kind: string }; object: string } } | undefined {
  const acting = items.filter((item) => item.is !== 'comment')
  const [first] = acting
  if (acting.length !== 1 || first?.is !== 'command' || first.became.as !== 'step') return undefined
  return { became: first.became }
}
