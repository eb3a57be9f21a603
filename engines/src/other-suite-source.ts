import { existsSync } from 'node:fs'
import { PackagesUnavailableError } from './packages-unavailable-error.ts'

/** Newer releases name their keyring `.pgp`. Both hold the keys of the suites that come after the release, too. */
const KEYRINGS = ['pgp', 'gpg'].map((ending) => `/usr/share/keyrings/debian-archive-keyring.${ending}`)

/** What a source of the machine's own release may be called in its apt configuration. */
const STANDING_NAMES = ['stable', 'oldstable', 'testing', 'unstable', 'sid']

/**
 * The apt source of another suite on the mirror that this machine already uses, in the form of a `.sources` file.
 * `uris` is what `apt-get update --print-uris` prints, which is the same for either kind of source file.
 * Throws `PackagesUnavailableError` when the machine has no source of its own release.
 */
export function otherSuiteSource({
  uris,
  own,
  suite,
}: {
  readonly uris: string
  /** The code name of the machine's own release. */
  readonly own: string
  readonly suite: string
}): string {
  const mirror = mirrorOf(uris, [own, ...STANDING_NAMES])
  if (mirror === null) {
    throw new PackagesUnavailableError(`no package source of this machine has Debian's suite ${suite}`, {
      advice: `Only a Debian with a source for "${own}" in /etc/apt can fetch it. Set AMQP_URL to a RabbitMQ of the wanted version instead.`,
    })
  }
  const keyring = KEYRINGS.find((file) => existsSync(file))
  return [
    'Types: deb',
    `URIs: ${mirror}`,
    `Suites: ${suite}`,
    'Components: main',
    // Without one, apt looks in its folder of trusted keys, where older releases keep them.
    ...(keyring === undefined ? [] : [`Signed-By: ${keyring}`]),
    '',
  ].join('\n')
}

/** Other archives may use the release's name too, so one that is called as Debian's mirrors are goes first. */
function mirrorOf(uris: string, names: readonly string[]): string | null {
  const found = [...uris.matchAll(/^'(\S+)\/dists\/([^/\s]+)\/(?:In)?Release(?:\.gpg)?'/gm)].flatMap(
    ([, mirror, name]) =>
      mirror !== undefined && name !== undefined && names.includes(name) ? [mirror] : [],
  )
  return found.find((mirror) => mirror.endsWith('/debian')) ?? found.at(0) ?? null
}
