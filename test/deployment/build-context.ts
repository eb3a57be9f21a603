import { type Dirent, readdirSync } from 'node:fs'
import { join } from 'node:path'

interface Rule {
  readonly pattern: string
  readonly isException: boolean
}

export function parseIgnoreFile(text: string): Rule[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return lines.map((line) => ({ pattern: line.replace(/^!/, ''), isException: line.startsWith('!') }))
}

/** As the builder reads it: the last rule that fits a path, or a folder above it, decides. */
export function isInContext(path: string, rules: readonly Rule[]): boolean {
  const parts = path.split('/')
  const levels = parts.map((_, index) => parts.slice(0, index + 1).join('/'))
  const decisive = rules.findLast(({ pattern }) => levels.some((level) => fits(level, pattern)))
  return decisive?.isException ?? true
}

/** The files of a folder that go to the builder, relative to it. Folders in which nothing can be are not entered. */
export function listContext(root: string, rules: readonly Rule[], folder = ''): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry: Dirent) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (!entry.isDirectory()) return isInContext(path, rules) ? [path] : []
    return isInContext(path, rules) || hasExceptionBelow(path, rules) ? listContext(root, rules, path) : []
  })
}

function hasExceptionBelow(folder: string, rules: readonly Rule[]): boolean {
  const depth = folder.split('/').length
  return rules.some(
    ({ pattern, isException }) => isException && fits(folder, pattern.split('/').slice(0, depth).join('/')),
  )
}

/** n.b. Not Node's `matchesGlob`: there a star passes over names that begin with a dot, here it does not. */
function fits(path: string, pattern: string): boolean {
  const expression = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('**/', '\0')
    .replaceAll('*', '[^/]*')
    .replaceAll('\0', '(.*/)?')
  return new RegExp(`^${expression}$`).test(path)
}
