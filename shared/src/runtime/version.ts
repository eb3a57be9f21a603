import { readFileSync } from 'node:fs'

/** Redrive's version. The file is two folders up from the sources and from the build alike. */
export const version: string = readVersion()

function readVersion(): string {
  const packageFile = new URL('../../package.json', import.meta.url)
  const { version: found } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }
  return found
}
