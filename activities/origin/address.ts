import { BlockList, isIP } from 'node:net'

/** Where an address lies, as far as a check may ask there. */
export type Scope = 'public' | 'private' | 'refused'

/**
 * `private`: this machine and private networks, asked only where the connection says so. `refused`: what no health check
 * has business with (link-local and with it the metadata services of clouds, multicast, reserved and documentation
 * ranges, and addresses that hide another one). By IANA's special-purpose registries for IPv4 and IPv6.
 */
export function scopeOf(address: string): Scope {
  const plain = address.split('%')[0] ?? ''
  const family = isIP(plain)
  if (family === 0) return 'refused'
  if (family === 4) return scope4(plain)
  const hidden = hiddenIn(plain)
  if (hidden !== undefined) return scope4(hidden)
  if (refused.check(plain, 'ipv6')) return 'refused'
  if (inside.check(plain, 'ipv6')) return 'private'
  return global6.check(plain, 'ipv6') ? 'public' : 'refused'
}

function scope4(address: string): Scope {
  if (refused.check(address, 'ipv4')) return 'refused'
  return inside.check(address, 'ipv4') ? 'private' : 'public'
}

/** The IPv4 address in an IPv4-mapped one (::ffff:10.0.0.1) or in one of a NAT64 gateway (64:ff9b::a00:1). */
function hiddenIn(address: string): string | undefined {
  if (!hiding.check(address, 'ipv6')) return undefined
  const short = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const [low = 0, high = 0] = short
    .replace(/^.*::(ffff:)?/, '')
    .split(':')
    .map((part) => Number.parseInt(part || '0', 16))
    .toReversed()
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

/** Metadata services outside link-local: Alibaba and Azure; Amazon over IPv6. */
const METADATA_4 = ['100.100.100.200/32', '168.63.129.16/32']
const METADATA_6 = 'fd00:ec2::254/128'

const inside = list(
  ['10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'],
  ['::1/128', 'fc00::/7'],
)
const refused = list(
  [
    ...['0.0.0.0/8', '169.254.0.0/16', '192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '198.18.0.0/15'],
    ...['198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4', ...METADATA_4],
  ],
  ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20', 'fe80::/10', 'fec0::/10', 'ff00::/8', METADATA_6],
)
const global6 = list([], ['2000::/3'])
const hiding = list([], ['::ffff:0:0/96', '64:ff9b::/96'])

function list(four: string[], six: string[]): BlockList {
  const made = new BlockList()
  const add = (range: string, family: 'ipv4' | 'ipv6') => {
    const [net = '', bits] = range.split('/')
    made.addSubnet(net, Number(bits), family)
  }
  for (const range of four) add(range, 'ipv4')
  for (const range of six) add(range, 'ipv6')
  return made
}
