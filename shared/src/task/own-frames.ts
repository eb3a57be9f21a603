const FRAMES = 3
/** A stack is read so far; V8 gives ten frames unless told otherwise. */
const MAX_LINES = 60

/**
 * The topmost frames of a stack outside dependencies, Node and Redrive's own machinery, each as `function file`: names
 * that stay when lines move, when the code is installed elsewhere or built again, and when it runs as TypeScript or as
 * JavaScript.
 */
export function ownFrames(stack: string | undefined): string[] {
  if (stack === undefined) return []
  return stack
    .split('\n', MAX_LINES)
    .flatMap((line) => readFrame(line) ?? [])
    .slice(0, FRAMES)
}

/** `at async Object.charge [as run] (file:///srv/app/pay.ts:10:5)`, or `at /srv/app/pay.ts:10:5`. */
const FRAME = /^\s*at (?:async )?(?:(.{1,200}?) )?\(?([^\s()]{1,1000}?):\d+(?::\d+)?\)?$/

function readFrame(line: string): string | null {
  const [, name = '', location] = FRAME.exec(line.slice(0, 1_300).trimEnd()) ?? []
  if (location === undefined) return null
  const path = location.replaceAll('\\', '/').replace(/[?#].*$/, '')
  if (isForeign(path)) return null
  return `${nameFunction(name)} ${nameFile(path)}`.trim()
}

/** The worker's own steps around a handler change with Redrive's versions, not with the fault; its built-in types count. */
function isForeign(path: string): boolean {
  return (
    path.includes('node_modules/') ||
    path.startsWith('node:') ||
    path.startsWith('internal/') ||
    path === '<anonymous>' ||
    /\/services\/worker\/(?:src|dist)\/(?!types\/)/.test(path) ||
    /\/shared\/(?:src|dist)\/(?:broker|database|runtime|task)\//.test(path)
  )
}

function nameFunction(name: string): string {
  return name
    .replace(/ \[as [^\]]*\]$/, '')
    .replace(/^new /, '')
    .replace(/^(?:Object|Module|Function|async|process)\.(?=.)/, '')
    .replace(/(?:^|\.)<anonymous>$/, '')
    .replace(/^file:\/\/\S*$/, '')
    .replaceAll(/\d{2,}/g, '')
}

function nameFile(path: string): string {
  const base = path.slice(path.lastIndexOf('/') + 1)
  return base.replace(/\.(?:[cm]?[jt]sx?)$/, '').replaceAll(/[.-]([A-Za-z\d_]{6,})(?=[.-]|$)/g, dropBuildHash)
}

/** `main-4f3a2b`, `chunk-ABCD1234`, `page.DvXyZabc`: parts with a digit, or with capitals inside, that are as long as hashes. */
function dropBuildHash(part: string, hash: string): string {
  const isHash = /\d/.test(hash)
    ? /[A-Za-z]/.test(hash) || hash.length >= 8
    : hash.length === 8 && /.[A-Z]/.test(hash)
  return isHash ? '' : part
}
