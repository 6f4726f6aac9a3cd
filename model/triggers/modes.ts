/** How far a trigger may go: a person starts it; it starts unless somebody says no in time; it starts. */
export const MODES = ['propose', 'auto-with-veto', 'auto'] as const
export type Mode = (typeof MODES)[number]

/** The more cautious of two modes. */
export function cautious(one: Mode, other: Mode): Mode {
  return MODES.indexOf(one) < MODES.indexOf(other) ? one : other
}
