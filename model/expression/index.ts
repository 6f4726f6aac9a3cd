/** CEL expressions of runbooks. The only folder that knows which library reads them; never part of workflow code. */
export { checkExpression, type Known, variablesOf } from './check.ts'
export { embedExpression } from './embed.ts'
export { evaluate } from './evaluate.ts'
export { VARIABLES } from './variables.ts'
