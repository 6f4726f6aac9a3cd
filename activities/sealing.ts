import type { SealCall, Sealed } from '../model/calls.ts'
import type { Configuration } from '../model/configuration.ts'
import type { LastDrill } from '../model/drill/result.ts'
import type { StepKind } from '../model/step.ts'
import { lastDrill } from './archive/drills.ts'
import { type Archive, openArchive } from './archive/index.ts'
import { seal } from './seal.ts'
import { trafficOf } from './traffic.ts'

/** A plan does not wait for longer to learn of drills, well below the limit of a seal. Milliseconds. */
const PATIENCE = 3_000

/**
 * Seals a plan and says beside it, where it touches data, when a drill of the service last passed, and what the service
 * serves now. An archive or a Prometheus that is away or slow says nothing, and holds no plan up.
 */
export function sealer(
  configuration: Configuration,
  kinds: Readonly<Record<string, Pick<StepKind, 'drill'>>> | undefined,
): (call: SealCall) => Promise<Sealed> {
  const archive = openArchive(configuration.archive)
  return async (call) => {
    const sealed = seal(call, configuration, kinds)
    if (call.drill) return sealed
    const touchesData = call.steps.some(({ plan }) => plan.data)
    const [last, traffic] = await Promise.all([
      archive && touchesData ? soon(archive, call) : undefined,
      trafficOf(configuration, call),
    ])
    return { ...sealed, ...(last !== undefined && { lastDrill: last }), ...(traffic && { traffic }) }
  }
}

async function soon(archive: Archive, call: SealCall): Promise<LastDrill | null | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, PATIENCE, undefined)
  })
  try {
    return await Promise.race([lastDrill(archive, call).catch(() => undefined), late])
  } finally {
    clearTimeout(timer)
  }
}
