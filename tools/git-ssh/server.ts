import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connect } from 'node:net'
import { findBinary } from '../find.ts'
import { closeStateFolder, openStateFolder, startProcess } from '../process.ts'
import { run } from '../run.ts'

/** The repositories of a folder over SSH on 127.0.0.1. It ends with this process. */
export interface GitSshServer {
  /** Without a path: `ssh://git@127.0.0.1:2222`. */
  readonly url: string
  /** Path of the private key that may do all. */
  readonly key: string
  /** Path of the known hosts, in which this server stands. */
  readonly knownHosts: string
  /** Path of a private key that it doesn't know. */
  readonly strangerKey: string
  stop(): Promise<void>
}

/** Starts one over the bare repositories of a folder, with keys of its own, and resolves once it listens. */
export async function startGitSsh(root: string): Promise<GitSshServer> {
  const command = await findBinary('git-ssh')
  const folder = await openStateFolder('git-ssh')
  const [host, key, strangerKey] = ['host', 'key', 'stranger'].map((name) => join(folder.path, name)) as [
    string,
    string,
    string,
  ]
  for (const path of [host, key, strangerKey])
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path], { within: 30_000 })
  const server = await startProcess({
    name: 'git-ssh',
    command,
    folder,
    ports: { ssh: undefined },
    args: ({ ssh }) => [
      '--address',
      `127.0.0.1:${ssh}`,
      '--root',
      root,
      '--host-key',
      host,
      '--authorized-key',
      `${key}.pub`,
    ],
    ready: ({ ssh }) => listens(Number(ssh)),
  })
  const port = server.ports['ssh']
  const knownHosts = join(folder.path, 'known_hosts')
  await writeFile(knownHosts, `[127.0.0.1]:${port} ${await readFile(`${host}.pub`, 'utf8')}`)
  return {
    ...{ url: `ssh://git@127.0.0.1:${port}`, key, knownHosts, strangerKey },
    stop: async () => {
      await server.stop()
      await closeStateFolder(folder)
    },
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
