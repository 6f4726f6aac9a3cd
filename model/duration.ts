const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A duration as people write it: digits and a unit (`500ms`, `10s`, `5m`, `1h`, `7d`). */
export const DURATION_PATTERN = /^(\d{1,6})(ms|s|m|h|d)$/

/** Milliseconds of a duration that matches `DURATION_PATTERN`; NaN for anything else. */
export function milliseconds(duration: string): number {
  const match = DURATION_PATTERN.exec(duration)
  return match ? Number(match[1]) * (UNITS[match[2] ?? ''] ?? Number.NaN) : Number.NaN
}

/** Milliseconds as a person reads them: `820 ms`, `4.2 s`, `3 min 5 s`, `2 h 10 min`. */
export function readable(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${Math.round(ms / 100) / 10} s`
  const seconds = Math.round(ms / 1_000)
  const [hours, minutes, rest] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60]
  if (hours > 0) return minutes > 0 ? `${hours} h ${minutes} min` : `${hours} h`
  return rest > 0 ? `${minutes} min ${rest} s` : `${minutes} min`
}
