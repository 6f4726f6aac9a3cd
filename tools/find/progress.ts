/** One line on stderr. stdout is for results. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

/**
 * Says that something long has begun, and keeps saying how long it has taken: in place on a terminal, otherwise one
 * line every 30 s, so that a log shows that it is alive. Call the answer once it has ended, with how it ended.
 */
export function progress(what: string): (ending: string) => void {
  const began = Date.now()
  const terminal = process.stderr.isTTY === true
  const elapsed = () => `${Math.round((Date.now() - began) / 1000)} s`
  if (terminal) process.stderr.write(`${what} …`)
  else say(`${what} …`)
  const beat = setInterval(
    () => (terminal ? process.stderr.write(`\r\x1b[K${what} … ${elapsed()}`) : say(`${what} … ${elapsed()}`)),
    terminal ? 1000 : 30_000,
  )
  beat.unref()
  return (ending) => {
    clearInterval(beat)
    say(`${terminal ? '\r\x1b[K' : ''}${what}: ${ending} after ${elapsed()}`)
  }
}
