import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIPv4 } from 'node:net'
import { der } from './der.ts'

/** A certificate and its private key, in PEM. */
interface Certificate {
  certificate: string
  key: string
}

/** Whom a certificate is for: a user (`commonName`, in group `organization`) or a server at `addresses`. */
export interface Subject {
  commonName: string
  organization?: string
  addresses?: readonly string[]
}

/** A certificate authority of a test cluster. It lives as long as the cluster. */
export interface Authority {
  /** Its certificate, in PEM. */
  readonly certificate: string
  /** SHA-256 of its certificate's DER, in hex: what pins a cluster. */
  readonly sha256: string
  issue(subject: Subject): Certificate
}

const day = 24 * 60 * 60_000
const ecdsaWithSha256 = der.sequence(der.oid('1.2.840.10045.4.3.2'))

/**
 * Makes a certificate authority on P-256. Written out here because Node can sign but not issue, a package for it would
 * bring ten more, and openssl need not be installed; Node's own parser and the API server check the result in the tests.
 */
export function createAuthority(commonName: string): Authority {
  const keys = newKeys()
  const name = distinguishedName({ commonName })
  const own = certify(name, name, keys.publicKey, keys, [basicConstraints(), keyUsage(Buffer.from([0x86]), 1)])
  return {
    certificate: pem('CERTIFICATE', own),
    sha256: createHash('sha256').update(own).digest('hex'),
    issue(subject) {
      const theirs = newKeys()
      const extensions = [keyUsage(Buffer.from([0x80]), 7), extendedKeyUsage(), ...alternativeNames(subject)]
      const issued = certify(distinguishedName(subject), name, theirs.publicKey, keys, extensions)
      return { certificate: pem('CERTIFICATE', issued), key: privatePem(theirs.privateKey) }
    },
  }
}

/** A key pair's private half in PEM, for signing service account tokens. */
export function createSigningKey(): string {
  return privatePem(newKeys().privateKey)
}

interface Keys {
  publicKey: KeyObject
  privateKey: KeyObject
}

function newKeys(): Keys {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
}

function certify(subject: Buffer, issuer: Buffer, subjectKey: KeyObject, signer: Keys, extensions: Buffer[]): Buffer {
  const now = Date.now()
  const identifiers = [
    extension('2.5.29.14', der.octets(keyIdentifier(subjectKey))),
    extension('2.5.29.35', der.sequence(der.primitive(0, keyIdentifier(signer.publicKey)))),
  ]
  const body = der.sequence(
    der.tagged(0, der.integer(Buffer.from([2]))),
    der.integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ecdsaWithSha256,
    issuer,
    der.sequence(der.time(new Date(now - day)), der.time(new Date(now + 365 * day))),
    subject,
    spki(subjectKey),
    der.tagged(3, der.sequence(...extensions, ...identifiers)),
  )
  return der.sequence(body, ecdsaWithSha256, der.bits(sign('sha256', body, signer.privateKey)))
}

function distinguishedName({ commonName, organization }: Subject): Buffer {
  const part = (oid: string, text: string) => der.set(der.sequence(der.oid(oid), der.text(text)))
  return der.sequence(...(organization ? [part('2.5.4.10', organization)] : []), part('2.5.4.3', commonName))
}

function alternativeNames({ addresses = [] }: Subject): Buffer[] {
  if (addresses.length === 0) return []
  const names = addresses.map((address) =>
    isIPv4(address)
      ? der.primitive(7, Buffer.from(address.split('.').map(Number)))
      : der.primitive(2, Buffer.from(address, 'ascii')),
  )
  return [extension('2.5.29.17', der.sequence(...names))]
}

function basicConstraints(): Buffer {
  return extension('2.5.29.19', der.sequence(der.true()), true)
}

function keyUsage(flags: Buffer, unused: number): Buffer {
  return extension('2.5.29.15', der.bits(flags, unused), true)
}

function extendedKeyUsage(): Buffer {
  return extension('2.5.29.37', der.sequence(der.oid('1.3.6.1.5.5.7.3.1'), der.oid('1.3.6.1.5.5.7.3.2')))
}

function extension(oid: string, content: Buffer, critical = false): Buffer {
  return der.sequence(der.oid(oid), ...(critical ? [der.true()] : []), der.octets(content))
}

function keyIdentifier(key: KeyObject): Buffer {
  return createHash('sha1').update(spki(key)).digest()
}

function spki(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' })
}

function privatePem(key: KeyObject): string {
  return key.export({ type: 'sec1', format: 'pem' }).toString()
}

function pem(label: string, content: Buffer): string {
  const lines = content.toString('base64').match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}
