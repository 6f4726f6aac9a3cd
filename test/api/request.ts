import { randomUUID } from 'node:crypto'

/** A service of its own for each test, so that no two get into each other's way. */
export function newService(): string {
  return `s-${randomUUID()}`
}

/** The body of a rollback of one object in memory. */
export function rollbackOf(object: string, service = newService(), changes: object = {}) {
  return { service, environment: 'test', reason: 'the release is bad', steps: [{ kind: 'memory', object }], ...changes }
}

/** The paths of one rollback. */
export function pathOf(service: string, part = ''): string {
  return `/v1/rollbacks/test/${service}${part && `/${part}`}`
}
