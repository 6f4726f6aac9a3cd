/** What keeps triggers in check, as workflows read it: milliseconds, and the freezes of one environment. */
export interface GateSettings {
  blame: number
  coolDown: number
  perDay: number
  gather: number
  veto: number
  expires: number
  flaps: number
  fleet: { atOnce: number; perDay: number; incident: number; window: number }
  freeze: { from: number; to: number; reason: string }[]
}

/** Why it is frozen at this time; undefined when it is not. */
export function frozenAt(freezes: GateSettings['freeze'], now: number): string | undefined {
  const frozen = freezes.find(({ from, to }) => from <= now && now < to)
  return frozen && `frozen until ${new Date(frozen.to).toISOString()}: ${frozen.reason}`
}
