/**
 * Ends the processes of helm that a worker started and no longer watches over, because it is gone, however it went: the
 * other end of stdin is the worker's, and the kernel closes it even on kill -9. Also ends those whose time is up while the
 * worker is there and stands still. Lines of JSON: { watch: pid, within: milliseconds } and { done: pid }.
 */
import { createInterface } from 'node:readline'

const watched = new Map()

// Ctrl-C and closing terminals are meant for the worker. This process ends last, by itself.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {})

process.stdin.on('error', endAll)
process.stdin.on('close', endAll)
createInterface({ input: process.stdin }).on('line', (line) => {
  const { watch, within, done } = JSON.parse(line)
  clearTimeout(watched.get(watch ?? done))
  watched.delete(done)
  if (watch) watched.set(watch, setTimeout(() => end(watch), within))
})

function endAll() {
  for (const pid of watched.keys()) end(pid)
  process.exit(0)
}

/** With all that it has started: its group is its own. */
function end(pid) {
  watched.delete(pid)
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
