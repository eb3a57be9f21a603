import { execFile } from 'node:child_process'
import {
  closeSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  rmdirSync,
  statSync,
  symlinkSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Fault, Stage } from '../stage.ts'
import { within } from './within.ts'

const run = promisify(execFile)
/** What is left for the engine to grow by before the fault takes it. */
const SPARE_BYTES = 96_000_000
const FILLING = Buffer.alloc(1_000_000)
const SWITCHES = 8
const HEALS_WITHIN_MS = 90_000

/** Disks that are really full. Each engine is restarted onto a small file system in memory, which is then filled, and back. */
export const DISK_FAULTS: readonly Fault[] = [
  {
    name: 'fill-postgres-disk',
    meaning: 'the disk of the write-ahead log of Postgres is full for 2 to 8 s',
    handles: 'postgres',
    needs: 'root',
    inject: async (stage) => {
      const { postgres } = stage
      const client = await postgres.connect()
      const { rows } = await client.query<{ data_directory: string }>('show data_directory')
      await client.end()
      const disk = {
        folder: join(rows[0]!.data_directory, 'pg_wal'),
        stop: () => postgres.server.stop(),
        start: () => postgres.start(),
      }
      await runOutOfDisk(stage, disk, () => useUpSegments(stage))
    },
  },
  {
    name: 'fill-rabbitmq-disk',
    meaning: 'the disk of the queues of RabbitMQ is full for 2 to 8 s',
    handles: 'rabbitmq',
    needs: 'root',
    inject: async (stage) => {
      const { rabbitmq } = stage
      const told = await rabbitmq.node.control(['eval', 'ra_env:data_dir().'])
      const disk = {
        folder: JSON.parse(told) as string,
        stop: () => rabbitmq.node.stop(),
        start: () => rabbitmq.start(),
      }
      await runOutOfDisk(stage, disk, () => Promise.resolve())
    },
  },
]

interface Disk {
  readonly folder: string
  readonly stop: () => Promise<void>
  readonly start: () => Promise<void>
}

async function runOutOfDisk(
  { sleep, random, log }: Stage,
  { folder, stop, start }: Disk,
  useUp: () => Promise<void>,
): Promise<void> {
  await stop()
  const small = await moveToSmallDisk(folder)
  try {
    await start()
    await sleep(2_000)
    const filler = join(small, 'filler')
    log('fault.disk', { filledWith: fill(filler) })
    await useUp()
    await sleep(random.int(2_000, 8_000))
    rmSync(filler)
  } finally {
    // It may have given up, or be in the middle of a recovery.
    await stop()
    await moveBack(folder, small)
    await within(HEALS_WITHIN_MS, start)
  }
}

async function moveToSmallDisk(folder: string): Promise<string> {
  const small = `${folder}.small`
  const { uid, gid } = statSync(folder)
  const { stdout } = await run('du', ['-sb', folder])
  const size = Number.parseInt(stdout, 10) + SPARE_BYTES
  mkdirSync(small)
  await run('mount', ['-t', 'tmpfs', '-o', `size=${size},uid=${uid},gid=${gid},mode=0700`, 'tmpfs', small])
  await run('cp', ['-a', `${folder}/.`, small])
  renameSync(folder, `${folder}.large`)
  symlinkSync(small, folder)
  return small
}

async function moveBack(folder: string, small: string): Promise<void> {
  rmSync(folder)
  rmSync(join(small, 'filler'), { force: true })
  await run('cp', ['-a', small, folder])
  rmSync(`${folder}.large`, { recursive: true })
  await run('umount', [small])
  rmdirSync(small)
}

/** Writes until nothing more fits; answers with the bytes that did. */
function fill(file: string): number {
  const opened = openSync(file, 'w')
  let written = 0
  try {
    for (;;) written += writeSync(opened, FILLING)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    return written
  } finally {
    closeSync(opened)
  }
}

/** Postgres keeps segments of its log ready that need no room; each switch uses one up. */
async function useUpSegments({ postgres, sleep }: Stage): Promise<void> {
  for (let switches = 0; switches < SWITCHES; switches += 1) {
    try {
      const client = await postgres.connect()
      await client.query('create temporary table if not exists filler (x int); select pg_switch_wal()')
      await client.end()
    } catch {
      // It has found out that its disk is full.
      return
    }
    await sleep(100)
  }
}
