import type { Target } from '../model/target.ts'

/** Every target, by kind. Loaded on first use, so that a worker pays only for the systems that it touches. */
export const targets: Readonly<Record<string, () => Promise<Target>>> = {
  kubernetes: async () => erase((await import('./targets/kubernetes/index.ts')).kubernetes),
}

/** The one place where a target's own types are dropped; its schema has read the step before it is called. */
function erase(target: unknown): Target {
  return target as Target
}
