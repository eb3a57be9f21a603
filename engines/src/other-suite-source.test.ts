import { expect, test } from '@jest/globals'
import { PackagesUnavailableError } from './packages-unavailable-error.ts'
import { otherSuiteSource } from './other-suite-source.ts'

const printed = (...addresses: string[]): string =>
  addresses.map((address) => `'${address}' some_file 0 \n`).join('')

test('another suite is looked for on the mirror that has this release, not on its updates or on other archives', () => {
  const uris = printed(
    'http://tools.example/apt/dists/bookworm/InRelease',
    'http://tools.example/node/dists/nodistro/InRelease',
    'http://security.example/debian-security/dists/bookworm-security/InRelease',
    'http://mirror.example/pub/debian/dists/bookworm/InRelease',
    'http://mirror.example/pub/debian/dists/bookworm-updates/InRelease',
    'http://mirror.example/pub/debian/dists/bookworm/main/binary-amd64/Packages.xz',
  )
  const source = otherSuiteSource({ uris, own: 'bookworm', suite: 'forky' }).split('\n')
  expect(source).toContain('URIs: http://mirror.example/pub/debian')
  expect(source).toContain('Suites: forky')
})

test('a source may name its release by its standing instead of its code name', () => {
  const uris = printed('http://mirror.example/debian/dists/stable/InRelease')
  expect(otherSuiteSource({ uris, own: 'trixie', suite: 'forky' })).toContain(
    'URIs: http://mirror.example/debian\n',
  )
})

test('a machine without a source of its own release is told what would help', () => {
  const uris = printed('http://archive.example/ubuntu/dists/noble/InRelease')
  expect(() => otherSuiteSource({ uris, own: 'bookworm', suite: 'forky' })).toThrow(PackagesUnavailableError)
})
