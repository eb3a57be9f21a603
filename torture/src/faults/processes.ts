import { waitFor } from '@redrive/shared/testing'
import type { Fault, Service, Stage } from '../stage.ts'
import { isCleanStop } from '../stage/is-clean-stop.ts'
import type { Member } from '../stage/member.ts'

const SERVICES: readonly Service[] = ['api', 'dispatcher', 'worker']

/** Faults of the service processes: killed, frozen, and told to stop in every way that happens. */
export const PROCESS_FAULTS: readonly Fault[] = [
  ...SERVICES.flatMap((service) => [killOne(service), freezeOne(service), deployOneByOne(service)]),
  {
    name: 'kill-every-worker',
    meaning: 'every worker is killed at once',
    inject: (stage) => killAndStart(stage, stage.fleet.of('worker')),
  },
  {
    name: 'kill-every-service',
    meaning: 'every service process is killed at once',
    inject: (stage) => killAndStart(stage, stage.fleet.members),
  },
  {
    name: 'kill-worker-process',
    meaning: 'the process that runs attempts is killed, and its parent replaces it',
    inject: killWorkerProcess,
  },
]

function killOne(service: Service): Fault {
  return {
    name: `kill-${service}`,
    meaning: `one ${service} is killed, and started again a moment later`,
    inject: (stage) => killAndStart(stage, [stage.random.pick(stage.fleet.of(service))]),
  }
}

function freezeOne(service: Service): Fault {
  return {
    name: `freeze-${service}`,
    meaning: `one ${service} is stopped for 1 to 15 s (its lease is 5 s) and then goes on`,
    inject: async (stage) => {
      const member = stage.random.pick(stage.fleet.of(service))
      stage.log('fault.member', { member: member.name })
      member.pause()
      await stage.sleep(stage.random.int(1_000, 15_000))
      member.resume()
    },
  }
}

function deployOneByOne(service: Service): Fault {
  return {
    name: `deploy-${service}`,
    meaning: `each ${service} is told to stop and started again, one after the other`,
    inject: async (stage) => {
      for (const member of stage.fleet.of(service)) {
        const exit = await member.terminate()
        if (!isCleanStop(exit)) stage.log('violation.exit', { member: member.name, exit })
        member.start()
        await member.ready()
      }
    },
  }
}

async function killAndStart(stage: Stage, members: readonly Member[]): Promise<void> {
  stage.log('fault.member', { members: members.map(({ name }) => name) })
  await Promise.all(members.map((member) => member.kill()))
  await stage.sleep(stage.random.int(0, 4_000))
  for (const member of members) member.start()
  await Promise.all(members.map((member) => member.ready()))
}

async function killWorkerProcess(stage: Stage): Promise<void> {
  const member = stage.random.pick(stage.fleet.of('worker'))
  const [, child] = member.pids
  stage.log('fault.member', { member: member.name, pid: child })
  if (child === undefined) return
  process.kill(child, 'SIGKILL')
  await waitFor(() => member.pids[1] !== child && member.pids.length > 1, `${member.name} to be replaced`)
  await member.ready()
}
