/** Why a command stopped looking while the rollback goes on. */
export type Detached = 'interrupted' | 'timeout'

/**
 * Runs something that a person may leave with Ctrl-C, or that `timeout` ms bound. The signal's reason says which; the
 * listeners are gone afterwards. A second Ctrl-C ends the process at once.
 */
export async function detachable<Result>(
  timeout: number | undefined,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController()
  const leave = () => {
    if (controller.signal.aborted) process.exit(130)
    controller.abort('interrupted' satisfies Detached)
  }
  process.on('SIGINT', leave)
  process.on('SIGTERM', leave)
  const timer =
    timeout === undefined ? undefined : setTimeout(() => controller.abort('timeout' satisfies Detached), timeout)
  try {
    return await work(controller.signal)
  } finally {
    clearTimeout(timer)
    process.off('SIGINT', leave)
    process.off('SIGTERM', leave)
  }
}

/** Why the signal was given; undefined while it was not, or when it was given for a reason of somebody else's. */
export function detachedBy(signal: AbortSignal): Detached | undefined {
  const { reason } = signal
  return reason === 'timeout' || reason === 'interrupted' ? reason : undefined
}
