/** An image reference in its parts. The repository is written out, so that short and long forms are equal. */
export interface Image {
  repository: string
  tag?: string
  digest?: string
}

/**
 * Whether two references name the same image: by digest where both have one, else by tag. A tag against a digest proves
 * nothing, so it is no.
 */
export function sameImage(one: string, other: string): boolean {
  const [a, b] = [readImage(one), readImage(other)]
  return a.repository === b.repository && sameContent(a, b)
}

/**
 * Whether what runs is what was recorded: at least one image is the same, and none of a repository that both name is
 * another one. Images that only one side names (sidecars, other workloads) say nothing.
 */
export function sameImages(running: readonly string[], recorded: readonly string[]): boolean {
  const known = recorded.map(readImage)
  let same = 0
  for (const image of running.map(readImage)) {
    const rivals = known.filter(({ repository }) => repository === image.repository)
    if (rivals.length === 0) continue
    if (!rivals.some((rival) => sameContent(image, rival))) return false
    same++
  }
  return same > 0
}

/** Every way in which a workload may name this image so that it is the same one. */
export function formsOf(reference: string): string[] {
  const [name = ''] = reference.split('@')
  const { tag, digest } = readImage(reference)
  const bare = tag === undefined ? name : name.slice(0, -(tag.length + 1))
  const forms = [
    reference,
    ...(tag === undefined ? [] : [name]),
    ...(digest === undefined ? [] : [`${bare}@${digest}`]),
  ]
  return [...new Set(forms)]
}

/** The digest of a reference, `sha256:…`; undefined where it has none. */
export function digestOfImage(reference: string): string | undefined {
  return readImage(reference).digest
}

/**
 * The digest that a release recorded for a tag that its workload names; undefined where none did, or several did and
 * differ: then nobody knows which of them ran.
 */
export function recordedDigest(
  image: string,
  running: readonly string[],
  releases: readonly { images: readonly string[] }[],
): [string] | undefined {
  const matching = releases.filter(({ images }) => sameImages(running, images))
  const recorded = matching.flatMap(({ images }) => images.filter((other) => sameImage(image, other)))
  const [digest, ...others] = new Set(recorded.flatMap((other) => digestOfImage(other) ?? []))
  return digest !== undefined && others.length === 0 ? [digest] : undefined
}

function sameContent(a: Image, b: Image): boolean {
  if (a.digest !== undefined && b.digest !== undefined) return a.digest === b.digest
  return a.tag !== undefined && a.tag === b.tag
}

/**
 * A reference in its parts; the repository begins with its registry. As in github.com/distribution/reference: a first part
 * without a dot, a port or `localhost` is no host.
 */
export function readImage(reference: string): Image {
  const [name = '', digest] = reference.split('@')
  const slash = name.lastIndexOf('/')
  const colon = name.indexOf(':', slash + 1)
  const [path, tag] = colon < 0 ? [name, undefined] : [name.slice(0, colon), name.slice(colon + 1)]
  return { repository: written(path), ...(tag && { tag }), ...(digest && { digest }) }
}

function written(path: string): string {
  const [first = '', ...rest] = path.replace(/^index\.docker\.io\//, 'docker.io/').split('/')
  const host = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')
  if (host && first !== 'docker.io') return path
  const inside = host ? rest : [first, ...rest]
  return `docker.io/${inside.length === 1 ? `library/${inside[0]}` : inside.join('/')}`
}
