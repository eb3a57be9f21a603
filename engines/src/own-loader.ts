import { openSync, closeSync, readSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { EngineError } from './engine-error.ts'

const ELF = Buffer.from([0x7f, 0x45, 0x4c, 0x46])
const MODE_EXECUTABLE = 0o755

/**
 * Lets every program below `programs` run with the libraries unpacked below `root` instead of the machine's own, which
 * are another release's. Each program gives its name to a script that calls it through the unpacked loader, so that
 * the folder may lie anywhere and be moved, and the programs of the machine that these start see nothing of it.
 */
export function runThroughOwnLoader(root: string, programs: string): void {
  const loader = findLoader(root)
  const entries = readdirSync(programs, { recursive: true, withFileTypes: true })
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name)
    // Shared libraries are found by their directory, and are not started.
    if (entry.isFile() && isProgram(entry.parentPath) && isElf(path)) wrap(path, loader)
  }
}

function findLoader(root: string): string {
  const folder = join(root, 'usr/lib')
  for (const library of readdirSync(folder).filter((name) => name.includes('-linux-'))) {
    const loader = readdirSync(join(folder, library)).find((name) => /^ld-linux.*\.so\.\d+$/.test(name))
    if (loader !== undefined) return join(folder, library, loader)
  }
  throw new EngineError(`there is no loader among the packages in ${root}`, {
    advice: 'Set AMQP_URL to a RabbitMQ of the wanted version.',
  })
}

function isProgram(folder: string): boolean {
  return folder.endsWith('/bin')
}

function isElf(path: string): boolean {
  const file = openSync(path, 'r')
  try {
    const start = Buffer.alloc(ELF.length)
    return readSync(file, start) === ELF.length && start.equals(ELF)
  } finally {
    closeSync(file)
  }
}

/** n.b. `exec` keeps the process number and the open files, on which Erlang's own helpers rely. */
function wrap(path: string, loader: string): void {
  const program = `${path}.elf`
  renameSync(path, program)
  const toLoader = relative(dirname(path), loader)
  const script = [
    '#!/bin/sh',
    'self=$0',
    'if [ -L "$self" ]; then self=$(readlink -f "$self"); fi',
    `here=\${self%/*}`,
    `loader=$here/${toLoader}`,
    'exec "$loader" --library-path "${loader%/*}" --argv0 "$0" "$self.elf" "$@"',
    '',
  ].join('\n')
  writeFileSync(path, script, { mode: MODE_EXECUTABLE })
}
