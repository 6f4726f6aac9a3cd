import { isIP } from 'node:net'

/** Whether an address or a host name can only be this machine: 127.0.0.0/8 and ::1 (RFC 1122, RFC 4291), or localhost. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase()
  if (name === 'localhost' || name === '::1') return true
  const v4 = name.startsWith('::ffff:') ? name.slice(7) : name
  return isIP(v4) === 4 && v4.startsWith('127.')
}

/** The name in a Host header, without its port; undefined for what is no host. */
export function hostName(header: string | undefined): string | undefined {
  if (!header || !URL.canParse(`http://${header}`)) return undefined
  return new URL(`http://${header}`).hostname
}
