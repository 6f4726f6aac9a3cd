import { connect } from 'node:net'

/** Whether something accepts connections on a port of 127.0.0.1. */
export function listens(port: number | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: port ?? 0, timeout: 1000 })
    const answer = (result: boolean) => {
      socket.destroy()
      resolve(result)
    }
    socket.on('connect', () => answer(true))
    socket.on('timeout', () => answer(false))
    socket.on('error', () => answer(false))
  })
}

/** Whether a URL answers with a status below 300. Rejects if nothing answers. */
export async function answers(url: string): Promise<boolean> {
  return (await fetch(url, { signal: AbortSignal.timeout(2000) })).ok
}
