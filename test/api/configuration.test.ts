import { mkdtemp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { generateKeys, readSigningKey } from '../../config/keys.ts'
import { loadConfiguration, readConfiguration } from '../../config/load.ts'
import { stateDirectory } from '../../config/state.ts'
import { nearest } from '../../model/nearest.ts'
import { temporalPlace } from '../../config/temporal.ts'
import { UnwindError } from '../../model/errors.ts'

const GOOD = `apiVersion: unwind/v1
kind: Configuration
environments:
  production: { cluster: prod, namespace: shop }
connections:
  prod: { kind: kubernetes, environment: production, server: 'https://10.0.0.1:6443' }
`

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unwind-configuration-'))
})
afterAll(() => rm(folder, { recursive: true }))

function problemsOf(text: string): string[] {
  try {
    readConfiguration(text, 'unwind.yaml')
  } catch (error) {
    if (error instanceof UnwindError && error.code === 'CONFIGURATION_INVALID') return error.message.split('\n')
    throw error
  }
  return []
}

test('an archive is a folder, whose path starts at the file, or a bucket; a mistake in it is named', async () => {
  await writeFile(join(folder, 'archive.yaml'), `${GOOD}archive: { folder: kept }\n`)
  const { configuration } = await loadConfiguration(join(folder, 'archive.yaml'))
  expect(configuration.archive).toEqual({ folder: join(folder, 'kept') })
  const bucket = `${GOOD}archive: { s3: { bucket: example-unwind, prefix: a/b } }\n`
  expect(readConfiguration(bucket, 'x').archive).toEqual({
    s3: { bucket: 'example-unwind', prefix: 'a/b', region: 'us-east-1' },
  })
  for (const [wrong = '', why] of [
    ['{ folder: kept, s3: { bucket: example } }', 'archive'],
    ['{ s3: { bucket: example, secretKey: x } }', 'secretKey'],
    ['{ s3: { bucket: example, prefix: /a/ } }', 'archive.s3.prefix'],
  ])
    expect(problemsOf(`${GOOD}archive: ${wrong}\n`).join('\n')).toContain(why)
})

test('a good configuration has no problem and its defaults filled in', () => {
  expect(problemsOf(GOOD)).toEqual([])
  expect(readConfiguration(GOOD, 'x').api).toMatchObject({ host: '127.0.0.1', port: 7_420, tokens: [] })
})

test.each([
  ['apii: {}', '7:1: unknown key "apii"; did you mean api?'],
  ['api:\n  prot: 1', '8:3: api: unknown key "prot"; did you mean port?'],
  ['api:\n  port: high', '8:3: api.port: must be of type number, not string'],
  ['api:\n  tokens: [{ subject: a, sha256: x }]', '8:26: api.tokens[0].sha256: write the sha256 of the token'],
  ['worker: { credentials: { prd: {} } }', '7:26: worker.credentials.prd: prd is not known; did you mean prod?'],
  ['api: {}\napi: {}', '8:1: Map keys must be unique'],
  ['api: !!js/function x', 'Unresolved tag'],
])('%s is told with line, column and what was meant', (text, problem) => {
  expect(problemsOf(`${GOOD}${text}\n`).join('\n')).toContain(problem)
})

test('what would exhaust the reader is refused at once', () => {
  const bombs = [
    '- '.repeat(100_000),
    '['.repeat(100_000),
    `a: &a [1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c]\n`,
    `a: ${'x'.repeat(1_100_000)}`,
    '%YAML 1.1\n---\na: yes',
  ]
  for (const bomb of bombs) {
    const before = Date.now()
    expect(problemsOf(bomb)).toHaveLength(1)
    expect(Date.now() - before).toBeLessThan(2_000)
  }
})

test('the file is found by its path, by UNWIND_CONFIG and in the folder of XDG, and its paths start where it lies', async () => {
  const place = join(folder, 'unwind', 'unwind.yaml')
  await mkdir(join(folder, 'unwind'))
  await writeFile(
    place,
    `${GOOD}api: { signingKey: keys/signing.pem }\nworker: { verifyKeys: [/etc/unwind/verify.pem] }\n`,
  )
  const loads = [
    loadConfiguration(place),
    loadConfiguration(undefined, { UNWIND_CONFIG: place }),
    loadConfiguration(undefined, { XDG_CONFIG_HOME: folder }),
  ]
  for (const { path, configuration } of await Promise.all(loads)) {
    expect(path).toBe(place)
    expect(configuration.api.signingKey).toBe(join(folder, 'unwind', 'keys', 'signing.pem'))
    expect(configuration.worker.verifyKeys).toEqual(['/etc/unwind/verify.pem'])
  }
})

test('a missing file, a folder or none at all says where it was looked for', async () => {
  await expect(loadConfiguration(join(folder, 'no.yaml'))).rejects.toThrow('cannot be found')
  await expect(loadConfiguration(folder)).rejects.toThrow('is not a file')
  const nowhere = { XDG_CONFIG_HOME: join(folder, 'empty') }
  await expect(loadConfiguration(undefined, nowhere)).rejects.toThrow(
    /there is no unwind\.yaml \(looked at .+ and .+\)/,
  )
})

test('a pair of keys is made once, kept to its owner, and no other kind of key is taken', async () => {
  const [first, second] = await Promise.all([generateKeys(join(folder, 'keys')), generateKeys(join(folder, 'keys'))])
  expect(second).toEqual(first)
  expect((await stat(first.signingKey)).mode & 0o777).toBe(0o600)
  expect((await readSigningKey(first.signingKey)).asymmetricKeyType).toBe('ed25519')
  const secret = join(folder, 'secret.pem')
  await writeFile(secret, 'my-secret-text')
  const refused = readSigningKey(secret)
  await expect(refused).rejects.toThrow('does not hold the Ed25519 private key')
  await expect(refused).rejects.not.toThrow('my-secret-text')
  expect(await readFile(first.verifyKey, 'utf8')).toContain('BEGIN PUBLIC KEY')
})

test('Temporal is found by its own variables, and a broken one is not repeated in the error', () => {
  expect(temporalPlace({ HOME: folder })).toMatchObject({
    connectionOptions: { address: '127.0.0.1:7233' },
    namespace: 'default',
  })
  const set = { HOME: folder, TEMPORAL_ADDRESS: 'temporal:7233', TEMPORAL_NAMESPACE: 'ops' }
  expect(temporalPlace(set)).toMatchObject({ connectionOptions: { address: 'temporal:7233' }, namespace: 'ops' })
  const broken = { ...set, TEMPORAL_API_KEY: 'my-secret', TEMPORAL_CONFIG_FILE: folder, TEMPORAL_PROFILE: 'none' }
  expect(() => temporalPlace(broken)).toThrow(/check the TEMPORAL_\* variables/)
  expect(() => temporalPlace(broken)).not.toThrow('my-secret')
})

test('the state folder is made where XDG says, for its owner alone', async () => {
  const path = await stateDirectory({ XDG_STATE_HOME: folder })
  expect(path).toBe(join(folder, 'unwind'))
  const own = await stateDirectory({ UNWIND_STATE: join(folder, 'own') })
  expect((await stat(own)).mode & 0o777).toBe(0o700)
})

test('the nearest word is found for a typing error, and none for another word', () => {
  expect(nearest('enviroment', ['environment', 'service'])).toBe('environment')
  expect(nearest('srevice', ['environment', 'service'])).toBe('service')
  expect(nearest('colour', ['environment', 'service'])).toBeUndefined()
})
