export { followup } from './followup.ts'
export { lock } from './lock.ts'
export { history, plan } from './readonly.ts'
export { rollback } from './rollback.ts'
