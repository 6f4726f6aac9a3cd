/**
 * Ends what its owner started, once the owner is gone, however it went: the other end of stdin is the owner's, and the
 * kernel closes it even on kill -9. Arguments: the folder of the records, the owner's pid and start time.
 */
import { endRecorded, gone } from './owned.mjs'

const [folder, pid, start] = process.argv.slice(2)
const owner = { pid: Number(pid), start }

// Ctrl-C and closing terminals are meant for the owner. This process ends last, by itself.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {})

process.stdin.resume()
process.stdin.on('error', watchNoMore)
process.stdin.on('close', watchNoMore)

let ending = false

async function watchNoMore() {
  if (ending) return
  ending = true
  // The pipe closes a moment before the process is gone.
  await gone(owner, 5000)
  await endRecorded(folder, (record) => record.owner.pid === owner.pid && record.owner.start === owner.start)
  process.exit(0)
}
