import { chownSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PostgresBinaries } from './postgres-binaries.ts'
import { choosePostgresIdentity } from './postgres-identity.ts'
import type { PostgresIdentity } from './postgres-identity.ts'
import { runCommand } from './run-command.ts'

/** From 17. Before, the locale C orders text in the same way and knows upper and lower case of ASCII only. */
const BUILTIN_LOCALE = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8']

export interface PostgresCluster {
  readonly folder: string
  readonly identity: PostgresIdentity
}

export interface ClusterPlan {
  readonly binaries: PostgresBinaries
  readonly dataFolder: string
  readonly password: string
  readonly isDurable: boolean
}

/** Finds the cluster of an earlier start or makes one, whose only user is `redrive` with the given password. */
export async function openPostgresCluster(plan: ClusterPlan): Promise<PostgresCluster> {
  const folder = join(plan.dataFolder, 'cluster')
  const isNew = !existsSync(folder)
  // Made beside and moved into place as a whole: a start that is killed half-way leaves nothing that looks like a cluster.
  const current = isNew ? emptyFolder(`${folder}.half`) : folder
  const identity = await choosePostgresIdentity(plan.binaries.postgres, current)
  if (isNew) {
    await initialize(current, { ...plan, identity })
    renameSync(current, folder)
  }
  return { folder, identity }
}

/** What the binaries see: nothing of a user's own Postgres settings (PGDATA, PGOPTIONS), and their own libraries. */
export function postgresEnvironment({ libraryFolder }: PostgresBinaries): Record<string, string | undefined> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('PG'))
  return { ...Object.fromEntries(inherited), LD_LIBRARY_PATH: libraryFolder, LC_ALL: 'C' }
}

function emptyFolder(folder: string): string {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { mode: 0o700 })
  return folder
}

async function initialize(
  folder: string,
  { binaries, password, isDurable, identity }: ClusterPlan & { readonly identity: PostgresIdentity },
): Promise<void> {
  const passwordFile = `${folder}.password`
  writeFileSync(passwordFile, password, { mode: 0o600 })
  if (identity.owner !== null) chownSync(passwordFile, identity.owner.uid, identity.owner.gid)
  const [first, ...rest] = [...identity.prefix, binaries.initdb]
  const options = [
    `--pgdata=${folder}`,
    '--username=redrive',
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    '--encoding=UTF8',
    // The same order of text on every machine, whatever its locale.
    '--locale=C',
    ...(binaries.version === '15' ? [] : BUILTIN_LOCALE),
    ...(isDurable ? [] : ['--no-sync']),
  ]
  try {
    await runCommand(first, [...rest, ...options], { env: postgresEnvironment(binaries) })
  } finally {
    rmSync(passwordFile, { force: true })
  }
}
