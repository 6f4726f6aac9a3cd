import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { claimKnownPort, claimPort, releasePort } from '../../tools/process/ports.ts'

test('a known port is given to one of two who ask at once, and again when it was given back', async () => {
  const known = await claimPort()
  releasePort(known)
  const given = await Promise.all([claimKnownPort(known), claimKnownPort(known)])
  expect(given.filter((port) => port === known)).toHaveLength(1)
  for (const port of given) releasePort(port)
  expect(await claimKnownPort(known)).toBe(known)
  releasePort(known)
})

test('a known port on which a stranger listens is not given', async () => {
  const known = await claimPort()
  releasePort(known)
  const stranger = createServer()
  await new Promise<void>((resolve) => stranger.listen(known, '127.0.0.1', resolve))
  const other = await claimKnownPort(known)
  await new Promise((resolve) => stranger.close(resolve))
  expect(other).not.toBe(known)
  releasePort(other)
})
