import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openStateFolder, startProcess } from '../../tools/process.ts'

// Started, and killed, by process.test.ts: a parent whose child has a child of its own.
const pids = process.argv[2] ?? ''
const child = `
  const { spawn } = require('node:child_process')
  const grandchild = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  require('node:fs').writeFileSync(process.argv[1], String(grandchild.pid))
  setInterval(() => {}, 1000)`

const folder = await openStateFolder('test')
const grandchildPid = join(folder.path, 'grandchild')
const { existsSync, readFileSync } = await import('node:fs')
const running = await startProcess({
  name: 'child',
  command: process.execPath,
  args: ['-e', child, grandchildPid],
  folder,
  ready: async () => existsSync(grandchildPid) && readFileSync(grandchildPid, 'utf8') !== '',
})
const grandchild = Number(readFileSync(grandchildPid, 'utf8'))
await writeFile(pids, JSON.stringify({ child: running.pid, grandchild, folder: folder.path }))
setInterval(() => {}, 1000)
