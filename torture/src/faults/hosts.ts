import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { waitFor } from '@redrive/shared/testing'
import type { Fault, Service, Stage } from '../stage.ts'

const run = promisify(execFile)
const SERVICES: readonly Service[] = ['api', 'dispatcher', 'worker']
/** Over each wait of ours that ends by itself: heartbeats of 10 s, silent sessions of 10 s, statements of some seconds. */
const LONG_MS = { least: 20_000, most: 40_000 }
/** The child looks for its parent every second or so, and has nothing to finish without it. */
const ORPHANED_FOR_MS = 20_000

/** What happens to the machine or the process tree of a service. */
export const HOST_FAULTS: readonly Fault[] = [
  ...SERVICES.map(lose),
  ...SERVICES.map(starveOfFiles),
  {
    name: 'freeze-long',
    meaning:
      'one service process is stopped for 20 to 40 s, longer than every lease and heartbeat, and goes on',
    inject: (stage) => freeze(stage, [stage.random.pick(stage.fleet.members)], LONG_MS),
  },
  {
    name: 'freeze-every-worker',
    meaning: 'every worker is stopped for 4 to 12 s (the lease is 5 s) and goes on',
    inject: (stage) => freeze(stage, stage.fleet.of('worker'), { least: 4_000, most: 12_000 }),
  },
  {
    name: 'freeze-worker-process',
    meaning: 'the process that runs attempts is stopped for 2 to 15 s, its parent is not',
    inject: async (stage) => {
      const [, child] = chooseWorker(stage).pids
      if (child === undefined) return
      signal(child, 'SIGSTOP')
      await stage.sleep(stage.random.int(2_000, 15_000))
      signal(child, 'SIGCONT')
    },
  },
  {
    name: 'kill-every-dispatcher',
    meaning: 'every dispatcher is killed at once, and started again 0 to 4 s later',
    inject: async (stage) => {
      const dispatchers = stage.fleet.of('dispatcher')
      await Promise.all(dispatchers.map((member) => member.kill()))
      await stage.sleep(stage.random.int(0, 4_000))
      for (const member of dispatchers) member.start()
      await Promise.all(dispatchers.map((member) => member.ready()))
    },
  },
  {
    name: 'kill-worker-parent',
    meaning: 'the parent of a worker is killed: the process that runs attempts ends by itself',
    inject: killParent,
  },
]

/** Neither engine is told: they hold its connections, locks and unacknowledged tickets until they find out. */
function lose(service: Service): Fault {
  return {
    name: `lose-${service}-host`,
    meaning: `the machine of one ${service} loses its power, and another takes its place 2 to 20 s later`,
    inject: async (stage) => {
      const member = stage.random.pick(stage.fleet.of(service))
      stage.log('fault.member', { member: member.name })
      const links = Object.values(member.links)
      for (const link of links) link.blackhole()
      await member.kill()
      await stage.sleep(stage.random.int(2_000, 20_000))
      for (const link of links) link.restore()
      member.start()
      await member.ready()
    },
  }
}

/** The processes that a worker starts for attempts inherit the limit, as they would from an operator's. */
function starveOfFiles(service: Service): Fault {
  return {
    name: `starve-${service}-of-files`,
    meaning: `one ${service} may open hardly any more files or sockets, for 3 to 10 s`,
    inject: async (stage) => {
      const member = stage.random.pick(stage.fleet.of(service))
      const { pids } = member
      stage.log('fault.member', { member: member.name })
      for (const pid of pids) await limitFiles(pid, openFiles(pid) + stage.random.int(0, 4))
      await stage.sleep(stage.random.int(3_000, 10_000))
      for (const pid of member.pids) await limitFiles(pid, hardLimit(pid))
    },
  }
}

async function freeze(
  stage: Stage,
  members: readonly Stage['fleet']['members'][number][],
  { least, most }: { readonly least: number; readonly most: number },
): Promise<void> {
  stage.log('fault.member', { members: members.map(({ name }) => name) })
  for (const member of members) member.pause()
  await stage.sleep(stage.random.int(least, most))
  for (const member of members) member.resume()
}

async function killParent(stage: Stage): Promise<void> {
  const member = chooseWorker(stage)
  const [parent, ...children] = member.pids
  if (parent === undefined) return
  signal(parent, 'SIGKILL')
  try {
    await waitFor(() => !children.some(isAlive), 'the orphans to end', { deadlineMs: ORPHANED_FOR_MS })
  } catch {
    stage.log('violation.exit', {
      member: member.name,
      why: 'orphans live on',
      children: children.filter(isAlive),
    })
    for (const child of children) signal(child, 'SIGKILL')
  }
  await waitFor(() => !member.isUp, `${member.name} to be gone`)
  await stage.sleep(stage.random.int(0, 3_000))
  member.start()
  await member.ready()
}

function chooseWorker({ random, fleet, log }: Stage): Stage['fleet']['members'][number] {
  const member = random.pick(fleet.of('worker'))
  log('fault.member', { member: member.name, pids: member.pids })
  return member
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended meanwhile.
  }
}

function isAlive(pid: number): boolean {
  try {
    // A process that ended and was not waited for is a zombie, and does nothing.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

function openFiles(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length
  } catch {
    // It has ended; a limit of its own number would do nothing.
    return 64
  }
}

function hardLimit(pid: number): number {
  try {
    const limits = readFileSync(`/proc/${pid}/limits`, 'utf8')
    return Number(/^Max open files\s+\d+\s+(\d+)/m.exec(limits)?.[1] ?? 1_024)
  } catch {
    return 1_024
  }
}

/** The soft limit only, which may be raised again without privileges. */
async function limitFiles(pid: number, most: number): Promise<void> {
  await run('prlimit', ['--pid', String(pid), `--nofile=${most}:`]).catch(() => undefined)
}
