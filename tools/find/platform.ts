/** An operating system and a processor, in the words that Go and the vendors' file names use. */
export interface Platform {
  os: 'linux' | 'darwin'
  arch: 'amd64' | 'arm64'
}

/** This machine's platform, or undefined where no vendor publishes what is needed here. */
export function platform(): Platform | undefined {
  const os = process.platform
  const arch = ({ x64: 'amd64', arm64: 'arm64' } as const)[process.arch as string]
  return (os === 'linux' || os === 'darwin') && arch ? { os, arch } : undefined
}
