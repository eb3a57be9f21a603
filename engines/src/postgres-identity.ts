import { chownSync, lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { EngineError } from './engine-error.ts'
import { runCommand } from './run-command.ts'

/** As whom Postgres runs: its programs refuse to run as root. */
export interface PostgresIdentity {
  /** Put before the program and its arguments. */
  readonly prefix: readonly string[]
  /** Who owns the data folder as seen from outside, if it is not simply the present user. */
  readonly owner: { readonly uid: number; readonly gid: number } | null
}

const NOBODY = { uid: 65_534, gid: 65_534 }
const DROP = ['setpriv', `--reuid=${NOBODY.uid}`, `--regid=${NOBODY.gid}`, '--clear-groups']

/**
 * In order of preference: in a user namespace root looks like an ordinary user to Postgres and like root to the
 * file system; where namespaces are forbidden (most containers) `nobody` runs it, if need be with the right to look
 * past the permissions of the folders above, which are often root's own (a clone in /root).
 * n.b. initdb asks access(2), which forgets that right unless the kernel is told not to adjust rights to users.
 */
const WAYS_AS_ROOT: readonly PostgresIdentity[] = [
  { prefix: ['unshare', '--user', '--map-user=1000', '--map-group=1000'], owner: { uid: 0, gid: 0 } },
  { prefix: DROP, owner: NOBODY },
  {
    prefix: [
      ...DROP,
      '--inh-caps=+dac_override',
      '--ambient-caps=+dac_override',
      '--securebits=+no_setuid_fixup',
    ],
    owner: NOBODY,
  },
]

/** The first way in which this program starts and may write into the folder. Changes the folder's owner to match. */
export async function choosePostgresIdentity(program: string, folder: string): Promise<PostgresIdentity> {
  if (process.getuid?.() !== 0) return { prefix: [], owner: null }
  for (const way of WAYS_AS_ROOT) {
    if (way.owner !== null) giveFolder(folder, way.owner)
    if (await works(way, { program, folder })) return way
  }
  throw new EngineError(
    'Postgres cannot run as root, and neither a user namespace nor the user nobody can be used',
    {
      advice: 'Start again as an ordinary user, or set DATABASE_URL to a Postgres 15 or newer.',
    },
  )
}

async function works(
  way: PostgresIdentity,
  { program, folder }: { program: string; folder: string },
): Promise<boolean> {
  const [first, ...rest] = [
    ...way.prefix,
    'sh',
    '-c',
    '"$1" --version && test -w "$2"',
    'sh',
    program,
    folder,
  ]
  try {
    await runCommand(first, rest, { timeoutMs: 10_000 })
    return true
  } catch {
    // Not in this way, then; the next one is tried, and the last failure is reported by the caller.
    return false
  }
}

/** The whole folder, because another way may have been possible at the last start. */
function giveFolder(path: string, { uid, gid }: { readonly uid: number; readonly gid: number }): void {
  const entry = lstatSync(path)
  if (entry.uid === uid && entry.isDirectory() && entry.gid === gid) return
  chownSync(path, uid, gid)
  chownBelow(path, { uid, gid })
}

function chownBelow(folder: string, { uid, gid }: { readonly uid: number; readonly gid: number }): void {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isSymbolicLink()) chownSync(join(entry.parentPath, entry.name), uid, gid)
  }
}
