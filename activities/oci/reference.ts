import { readImage } from '../../model/service/images.ts'

/** Where an image lies. */
export interface Reference {
  /** As images name it, with its port: docker.io, registry.example.com:5000. */
  registry: string
  /** As the registry calls it: library/nginx. */
  repository: string
  /** `latest` where the image says neither tag nor digest, as every client has it. */
  tag: string
  /** Wins over the tag. */
  digest: string | undefined
}

/** Docker Hub names its images by another host than the one that answers. */
const HOSTS: Readonly<Record<string, string>> = { 'docker.io': 'registry-1.docker.io' }

/** The parts of an image as a pod names it; undefined for what is no image of a registry. */
export function referenceOf(image: string): Reference | undefined {
  const { repository: whole, tag = 'latest', digest } = readImage(image)
  const slash = whole.indexOf('/')
  const [registry, repository] = [whole.slice(0, slash), whole.slice(slash + 1)]
  const valid = REGISTRY.test(registry) && REPOSITORY.test(repository) && TAG.test(tag)
  if (!valid || slash < 1 || (digest !== undefined && !DIGEST.test(digest))) return undefined
  return { registry, repository, tag, digest }
}

const REGISTRY = /^[A-Za-z0-9.-]+(?::\d{1,5})?$/
/** As in the OCI distribution specification v1.1, "Pulling manifests". */
const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/
const TAG = /^\w[\w.-]{0,127}$/

/** The host and port that answer for a registry. */
export function hostOf(registry: string): string {
  return HOSTS[registry] ?? registry
}

/** A digest of the algorithm that registries use. */
export const DIGEST = /^sha256:[0-9a-f]{64}$/
