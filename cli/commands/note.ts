import { postMessage } from '../calls.ts'
import { connect } from '../client.ts'
import type { ApiOptions, WatchOptions } from '../define/options.ts'
import { EXIT } from '../exit.ts'
import { detachable } from '../interrupt.ts'
import { placeOf } from '../place.ts'
import { terminal } from '../terminal.ts'
import { finish } from './finish.ts'

type NoteOptions = ApiOptions & WatchOptions & { note?: string }

const SAID = {
  pause: 'stops before its next step. Go on with `unwind resume`.',
  claim: 'is yours now.',
  resume: 'goes on.',
} as const

/** `unwind pause`, `claim` and `resume`: a message that needs no decision. */
export function note(message: keyof typeof SAID): (service: string, options: NoteOptions) => Promise<number> {
  return async (service, options) => {
    const place = await placeOf(service, options.environment)
    const client = await connect(options)
    const out = terminal()
    await postMessage(client, place, message, { ...(options.note && { note: options.note }) })
    out.say(`The rollback of ${place.service} in ${place.environment} ${SAID[message]}`)
    if (message !== 'resume') return EXIT.ok
    return detachable(options.timeout, (signal) => finish(client, place, options, out, signal))
  }
}
