import { randomUUID } from 'node:crypto'
import { afterEach, expect, test, vi } from 'vitest'
import { z } from 'zod'
import type { Channel } from '../../activities/notify/channel.ts'
import { notifier } from '../../activities/notify/index.ts'
import { channels } from '../../activities/notify/registry.ts'
import { ChannelSettings } from '../../model/channels.ts'
import { UnwindError } from '../../model/errors.ts'

afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

/** A channel of kind log that does this instead of writing. */
function channel(upsert: Channel['upsert']): () => Promise<Channel> {
  return async () => ({ schema: z.strictObject({ kind: z.literal('log') }), upsert })
}

function message(names: string[]) {
  return {
    ...{ key: randomUUID(), channels: names, event: 'started', text: 'Rollback asked for\n"now"' },
    ...{ service: 'checkout', environment: 'production' },
  }
}

/** The lines of JSON that were written to stderr meanwhile. */
function stderr(): () => object[] {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  return () => write.mock.calls.map(([line]) => JSON.parse(String(line)) as object)
}

const configured = { channels: { ops: { kind: 'log' as const }, status: { kind: 'log' as const } } }

test('the channel log writes one line of JSON per message, and a message told again once', async () => {
  const lines = stderr()
  const tell = notifier(configured)
  const sent = message(['ops'])
  expect(await tell(sent)).toEqual({ channels: [{ name: 'ops', ok: true }] })
  expect(await tell(sent)).toEqual({ channels: [{ name: 'ops', ok: true }] })
  const { key, event, text, service, environment } = sent
  expect(lines()).toEqual([{ unwind: 'message', at: expect.any(String), key, event, text, service, environment }])
})

test('log is there without a configuration; any other name that is not configured is a result and no error', async () => {
  stderr()
  const told = await notifier({})(message(['log', 'ops-alerts', 'constructor']))
  expect(told.channels).toMatchObject([{ name: 'log', ok: true }, { name: 'ops-alerts', ok: false }, { ok: false }])
})

test('what one channel does holds no other up, and its own words of failure are not told on', async () => {
  const upsert: Channel['upsert'] = async (_key, { event }) => {
    if (event === 'known') throw new UnwindError('TARGET_UNREACHABLE', 'the chat does not answer')
    throw new Error('https://hooks.example/canary-token refused')
  }
  const tell = notifier(configured, { registry: { log: channel(upsert) } })
  expect(await tell({ ...message(['ops']), event: 'known' })).toEqual({
    channels: [{ name: 'ops', ok: false, because: 'the chat does not answer', again: 5_000 }],
  })
  expect(JSON.stringify(await tell(message(['ops', 'status', 'ops'])))).toBe(
    JSON.stringify({
      channels: [
        { name: 'ops', ok: false, because: 'Error' },
        { name: 'status', ok: false, because: 'Error' },
      ],
    }),
  )
})

test('a channel that never answers is given up, and its signal says so', async () => {
  vi.useFakeTimers()
  const signals: AbortSignal[] = []
  const upsert: Channel['upsert'] = (_key, _message, { signal }) => {
    signals.push(signal)
    return new Promise(() => undefined)
  }
  const told = notifier(configured, { registry: { log: channel(upsert) } })(message(['ops']))
  await vi.advanceTimersByTimeAsync(8_001)
  expect(await told).toMatchObject({ channels: [{ name: 'ops', ok: false, because: 'no answer within 8 s' }] })
  expect(signals[0]?.aborted).toBe(true)
})

test('every kind of channel that may be configured can be told through, and no other', () => {
  const kinds = ChannelSettings.options.map(({ shape }) => shape.kind.value)
  expect(Object.keys(channels).toSorted()).toEqual(kinds.toSorted())
})
