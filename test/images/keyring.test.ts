import { describe, expect, it } from 'vitest'
import { challengeOf } from '../../activities/oci/challenge.ts'
import { keyringOf, loginsFor } from '../../activities/oci/keyring.ts'
import { referenceOf } from '../../activities/oci/reference.ts'

const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64')
const auth = (user: string) => ({ auth: Buffer.from(`${user}:secret:with:colons`).toString('base64') })

/** Who asks for an image, by a .dockerconfigjson with these entries. */
function users(auths: Record<string, object>, image: string): string[] {
  const reference = referenceOf(image)
  const keyring = keyringOf([{ data: { '.dockerconfigjson': base64({ auths }) } }])
  return reference ? loginsFor(keyring, reference.registry, reference.repository).map(({ user }) => user) : []
}

describe('pull secrets, as the kubelet reads them', () => {
  it('both forms of Secret, `auth` before user and password', () => {
    const old = { data: { '.dockercfg': base64({ 'r.test': { username: 'u', password: 'p' } }) } }
    expect(keyringOf([old])).toEqual([{ key: 'r.test', login: { user: 'u', password: 'p' } }])
    const both = { ...auth('a'), username: 'u', password: 'p' }
    const now = { data: { '.dockerconfigjson': base64({ auths: { 'https://r.test/v2/': both } }) } }
    expect(keyringOf([now])).toEqual([{ key: 'r.test', login: { user: 'a', password: 'secret:with:colons' } }])
  })

  it('what can not be read is left out', () => {
    expect(keyringOf([{}, { data: { '.dockerconfigjson': 'bm90IGpzb24=' } }])).toEqual([])
    expect(users({ 'r.test': {}, 's.test': { auth: 'bm9jb2xvbg==' } }, 'r.test/a')).toEqual([])
  })

  it.each([
    ['nginx', { 'https://index.docker.io/v1/': auth('hub') }, ['hub']],
    ['docker.io/library/nginx', { 'index.docker.io': auth('hub'), 'docker.io': auth('exact') }, ['exact']],
    [
      'r.test/team/app',
      { 'r.test': auth('all'), 'r.test/team': auth('team'), 'r.test/other': auth('no') },
      ['team', 'all'],
    ],
    ['x.azurecr.io/app', { '*.azurecr.io': auth('glob'), 'azurecr.io': auth('no') }, ['glob']],
    ['a.b.azurecr.io/app', { '*.azurecr.io': auth('no') }, []],
    ['r.test:5000/app', { 'r.test': auth('no'), 'r.test:5000': auth('port') }, ['port']],
    ['evil.test/app', { 'r.test': auth('no'), 'r*.test': auth('no') }, []],
    ['rXtest/app', { 'r.test': auth('no') }, []],
  ])('%s', (image, auths, expected) => {
    expect(users(auths, image)).toEqual(expected)
  })
})

describe('where an image lies', () => {
  const digest = `sha256:${'a1'.repeat(32)}`
  it.each([
    ['nginx', { registry: 'docker.io', repository: 'library/nginx', tag: 'latest', digest: undefined }],
    ['localhost:5000/a/b:v1', { registry: 'localhost:5000', repository: 'a/b', tag: 'v1', digest: undefined }],
    [`r.test/a:v1@${digest}`, { registry: 'r.test', repository: 'a', tag: 'v1', digest }],
    ['r.test/a/../../v2/b:v1', undefined],
    ['r.test/a:v1?x=y', undefined],
    ['r.test/a@sha256:short', undefined],
    ['r.test/A', undefined],
  ])('%s', (image, expected) => {
    expect(referenceOf(image)).toEqual(expected)
  })
})

describe('what a registry asks for', () => {
  it.each([
    ['Basic realm="r"', { scheme: 'basic' }],
    [
      'Bearer realm="https://a.test/token",service="r, with comma",scope="repository:a/b:pull,push"',
      { scheme: 'bearer', realm: 'https://a.test/token', service: 'r, with comma', scope: 'repository:a/b:pull,push' },
    ],
    ['Negotiate, Basic realm="r"', { scheme: 'basic' }],
    ['Digest realm="r"', undefined],
    [undefined, undefined],
  ])('%s', (header, expected) => {
    expect(challengeOf(header)).toEqual(expected)
  })
})
