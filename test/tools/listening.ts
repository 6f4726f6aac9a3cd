import { readdir, readFile, readlink } from 'node:fs/promises'

/** An address and port that a process accepts connections on. */
export interface Listening {
  pid: number
  address: string
  port: number
}

/** What every process that works in `folder` listens on, as the Linux kernel tells it. */
export async function listeningPorts(folder: string): Promise<Listening[]> {
  const sockets = await listeningSockets()
  const found: Listening[] = []
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)) {
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '')
    if (cwd !== folder) continue
    for (const descriptor of await readdir(`/proc/${pid}/fd`)) {
      const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '')
      const socket = sockets.get(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? '')
      if (socket) found.push({ pid, ...socket })
    }
  }
  return found
}

async function listeningSockets(): Promise<Map<string, Omit<Listening, 'pid'>>> {
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((table) => readFile(`/proc/net/${table}`, 'utf8').catch(() => '')),
  )
  const rows = tables.flatMap((table) => table.trim().split('\n').slice(1)).map((row) => row.trim().split(/\s+/))
  const listening = rows.filter(([, , , state]) => state === '0A')
  return new Map(listening.map((row) => [row[9] ?? '', parse(row[1] ?? '')]))
}

/** The kernel writes an IPv4 address as one little-endian number; longer ones are IPv6 and kept as they are. */
function parse(local: string): Omit<Listening, 'pid'> {
  const [address = '', port = ''] = local.split(':')
  const bytes = Buffer.from(address, 'hex').reverse()
  return { address: bytes.length === 4 ? bytes.join('.') : address, port: Number.parseInt(port, 16) }
}
