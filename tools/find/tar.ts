const block = 512

/** The bytes of one file of a tar archive. Throws, naming what is there, if it has no such file. */
export function memberOf(archive: Buffer, wanted: string): Buffer {
  const names: string[] = []
  for (let at = 0; at + block <= archive.length && archive[at] !== 0; ) {
    const header = archive.subarray(at, at + block)
    const name = [text(header, 345, 155), text(header, 0, 100)].filter(Boolean).join('/').replace(/^\.\//, '')
    const size = Number.parseInt(text(header, 124, 12).trim() || '0', 8)
    if (name === wanted) return Buffer.from(archive.subarray(at + block, at + block + size))
    names.push(name)
    at += block + Math.ceil(size / block) * block
  }
  throw new Error(`the archive has no file ${wanted}, only ${names.slice(0, 10).join(', ') || 'nothing'}`)
}

function text(header: Buffer, from: number, length: number): string {
  const field = header.subarray(from, from + length)
  const end = field.indexOf(0)
  return field.toString('latin1', 0, end < 0 ? length : end)
}
