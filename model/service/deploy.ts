import { denialOf } from './ledger.ts'
import type { ServiceState } from './state.ts'

/** Why nothing, or not this, is to be deployed now. */
export interface DeployRefusal {
  code: 'LOCKED' | 'DENIED' | 'ROLLBACK_RUNNING' | 'ROLLBACK_CONCLUDING' | 'FROZEN'
  text: string
}

/** What a CI asks before it deploys. */
export interface DeployQuestion {
  version?: string | undefined
  images: readonly string[]
}

/** What the service's own record says against a deploy at this time; empty: nothing. */
export function whyNotDeploy(state: ServiceState, asked: DeployQuestion, now: number): DeployRefusal[] {
  const { lock, denied, concluding } = state
  const bad = denialOf(denied, asked)
  const until = lock?.until === undefined ? '' : ` until ${new Date(lock.until).toISOString()}`
  return [
    ...(lock && !(lock.until !== undefined && lock.until <= now)
      ? [{ code: 'LOCKED' as const, text: `locked by ${lock.by}${until}: ${lock.reason}` }]
      : []),
    ...(bad
      ? [
          {
            code: 'DENIED' as const,
            text: `${bad.version ?? bad.images.join(', ')} is denied by ${bad.by}: ${bad.reason}`,
          },
        ]
      : []),
    ...(concluding.length > 0
      ? [{ code: 'ROLLBACK_CONCLUDING' as const, text: 'a rollback has just ended; ask again in a moment' }]
      : []),
  ]
}
