import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createAuthority, createSigningKey, type Subject } from './certificates.ts'

/** The files with a cluster's certificates and keys, and its CA's fingerprint. */
export interface Identities {
  ca: string
  caSha256: string
  /** Serves every component of the cluster on 127.0.0.1. */
  serving: CertificateFiles
  /** A user in `system:masters`. */
  admin: CertificateFiles
  /** Signs service account tokens. */
  serviceAccountKey: string
}

/** A certificate and its key, as files. */
interface CertificateFiles {
  certificateFile: string
  keyFile: string
}

/** Makes everything that a new cluster needs to know its components and users by, in `folder`. */
export async function createIdentities(folder: string): Promise<Identities> {
  const authority = createAuthority('unwind-cluster-ca')
  const issue = async (name: string, subject: Subject): Promise<CertificateFiles> => {
    const { certificate, key } = authority.issue(subject)
    return {
      certificateFile: await write(folder, `${name}.crt`, certificate),
      keyFile: await write(folder, `${name}.key`, key),
    }
  }
  return {
    ca: await write(folder, 'ca.crt', authority.certificate),
    caSha256: authority.sha256,
    serving: await issue('serving', {
      commonName: 'unwind-cluster',
      addresses: ['127.0.0.1', '10.0.0.1', 'localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'],
    }),
    admin: await issue('admin', { commonName: 'admin', organization: 'system:masters' }),
    serviceAccountKey: await write(folder, 'service-account.key', createSigningKey()),
  }
}

async function write(folder: string, name: string, content: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content, { mode: 0o600 })
  return path
}
