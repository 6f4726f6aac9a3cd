import { randomUUID } from 'node:crypto'
import type { Lab } from './kubernetes-lab.ts'

/** Where a lab works: the cluster of a kubeconfig's context, in the namespace given or in one that it makes. */
export interface Where {
  kubeconfig: string
  context?: string
  namespace?: string
}

/** A namespace to work in, and how to leave it as it was. */
export interface Place {
  namespace: string
  /** A name that nobody else has there, for an object that is called so among ours. */
  named: (name: string) => string
  /** Is told of each object before it is made. */
  made: (path: string) => void
  /** Deletes whatever was made. */
  clear: () => Promise<void>
  /** What is still there of it: deletions take their time. */
  left: () => Promise<string[]>
}

/** A namespace of the lab's own, deleted as a whole. */
export async function ownNamespace(ask: Lab['ask'], prefix: string): Promise<Place> {
  const name = `${prefix}-${randomUUID().slice(0, 8)}`
  const path = `/api/v1/namespaces/${name}`
  await ask('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  return {
    namespace: name,
    named: (object) => object,
    made: () => {},
    clear: async () => {
      await ask('DELETE', path)
    },
    left: async () => {
      const { items } = await ask<Listed>('GET', `/api/v1/namespaces?fieldSelector=metadata.name%3D${name}`)
      return items.map(({ metadata }) => `namespace ${metadata.name}`)
    },
  }
}

/** A namespace that belongs to somebody else: ours carry names of their own in it, and go one by one. */
export function guestIn(ask: Lab['ask'], namespace: string, prefix: string): Place {
  const mark = `${prefix}-${randomUUID().slice(0, 8)}-`
  const paths: string[] = []
  let closed = false
  return {
    namespace,
    named: (name) => `${mark}${name}`,
    made: (path) => {
      if (closed) throw new Error('the lab is closed')
      if (!paths.includes(path)) paths.push(path)
    },
    clear: async () => {
      closed = true
      for (const path of paths.splice(0).reverse())
        await ask('DELETE', `${path}?propagationPolicy=Background`).catch(unlessGone)
    },
    left: async () => {
      const kinds = ['deployments', 'statefulsets', 'daemonsets', 'replicasets', 'controllerrevisions']
      const lists = [...kinds.map((plural) => ['/apis/apps/v1', plural]), ['/api/v1', 'pods']]
      const found = lists.map(async ([api, plural]) => {
        const { items } = await ask<Listed>('GET', `${api}/namespaces/${namespace}/${plural}`)
        const ours = items.filter(({ metadata }) => metadata.name.startsWith(mark))
        return ours.map(({ metadata }) => `${plural}/${metadata.name}`)
      })
      return (await Promise.all(found)).flat()
    },
  }
}

interface Listed {
  items: { metadata: { name: string } }[]
}

function unlessGone(error: unknown): void {
  if (!(error instanceof Error && error.message.includes('HTTP 404'))) throw error
}
