/** The few ASN.1 types, in DER, that an X.509 certificate is made of: each function answers one encoded value. */
export const der = {
  sequence: (...parts: Buffer[]) => value(0x30, ...parts),
  set: (...parts: Buffer[]) => value(0x31, ...parts),
  /** Context-specific: `[number]` round other values, or, where `primitive`, in place of one. */
  tagged: (number: number, ...parts: Buffer[]) => value(0xa0 | number, ...parts),
  primitive: (number: number, content: Buffer) => value(0x80 | number, content),
  true: () => value(0x01, Buffer.from([0xff])),
  /** A whole number that is not negative, most significant byte first. */
  integer: (bytes: Buffer) => value(0x02, (bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes),
  bits: (bytes: Buffer, unused = 0) => value(0x03, Buffer.from([unused]), bytes),
  octets: (bytes: Buffer) => value(0x04, bytes),
  text: (text: string) => value(0x0c, Buffer.from(text, 'utf8')),
  oid,
  time,
}

function value(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag]), length(content.length), content])
}

function length(size: number): Buffer {
  if (size < 0x80) return Buffer.from([size])
  const bytes = Buffer.from(size.toString(16).padStart(size > 0xff ? 4 : 2, '0'), 'hex')
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes])
}

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return value(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

function base128(number: number): number[] {
  const bytes = [number & 0x7f]
  for (let left = number >>> 7; left > 0; left >>>= 7) bytes.unshift((left & 0x7f) | 0x80)
  return bytes
}

/** UTCTime, as X.509 asks for until 2049. */
function time(date: Date): Buffer {
  const digits = date.toISOString().replaceAll(/\D/g, '')
  return value(0x17, Buffer.from(`${digits.slice(2, 14)}Z`, 'ascii'))
}
