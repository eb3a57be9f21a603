import type { Engine, Fault, Service, Stage } from '../stage.ts'
import { isCleanStop } from '../stage/is-clean-stop.ts'
import type { Member } from '../stage/member.ts'

const ENGINES: readonly Engine[] = ['postgres', 'rabbitmq']
/** The grace of the fleet is 15 s; what stops in order, whatever is away, has ended well before this. */
const STOPS_WITHIN_MS = 30_000
/** A second request that comes sooner counts as the same one, sent twice. */
const INSISTS_AFTER_MS = 1_200
/** What a second request leaves to be done is nothing. */
const INSISTED_WITHIN_MS = 8_000

/** Requests to stop (SIGTERM) at the times that a deployment does not choose. What they interrupt goes on elsewhere. */
export const STOP_FAULTS: readonly Fault[] = [
  {
    name: 'deploy-everything',
    meaning: 'every service process is told to stop at once, and all are started again',
    inject: async (stage) => {
      const { members } = stage.fleet
      await Promise.all(members.map((member) => stopInTime(stage, member)))
      await startAll(members)
    },
  },
  {
    name: 'stop-twice',
    meaning: 'one service process is told to stop, and told again a moment later: it ends at once',
    inject: async (stage) => {
      const member = chooseMember(stage)
      const first = stopInTime(stage, member, { limitMs: STOPS_WITHIN_MS, isJudged: false })
      await stage.sleep(INSISTS_AFTER_MS)
      await stopInTime(stage, member, { limitMs: INSISTED_WITHIN_MS, isJudged: false })
      await first
      await startAll([member])
    },
  },
  {
    name: 'stop-frozen',
    meaning: 'one service process is stopped in its tracks, told to end, and goes on 1 to 12 s later',
    inject: async (stage) => {
      const member = chooseMember(stage)
      member.pause()
      const stopped = stopInTime(stage, member, { limitMs: STOPS_WITHIN_MS + 12_000, isJudged: false })
      await stage.sleep(stage.random.int(1_000, 12_000))
      member.resume()
      await stopped
      await startAll([member])
    },
  },
  ...ENGINES.map(stopCutOff),
  {
    name: 'stop-during-start',
    meaning: 'one service process is killed, started, and told to stop at a random point of its start',
    inject: async (stage) => {
      const member = chooseMember(stage)
      await member.kill()
      member.start()
      await stage.sleep(stage.random.int(0, 3_000))
      // n.b. before it listens to signals, a request to stop ends it like any other program.
      await stopInTime(stage, member, { limitMs: STOPS_WITHIN_MS, isJudged: false })
      await startAll([member])
    },
  },
]

function stopCutOff(engine: Engine): Fault {
  return {
    name: `stop-without-${engine}`,
    meaning: `one service process loses ${engine} and is told to stop: it ends within its grace all the same`,
    inject: async (stage) => {
      const member = chooseMember(stage)
      member.links[engine].blackhole()
      try {
        await stage.sleep(stage.random.int(0, 3_000))
        await stopInTime(stage, member, { limitMs: STOPS_WITHIN_MS, isJudged: false })
      } finally {
        member.links[engine].restore()
      }
      await startAll([member])
    },
  }
}

function chooseMember({ random, fleet, log }: Stage): Member {
  const services: readonly Service[] = ['api', 'dispatcher', 'worker']
  const member = random.pick(fleet.of(random.pick(services)))
  log('fault.member', { member: member.name })
  return member
}

/** A violation is noted when it does not end in time, and, if that is judged, when it does not end as it should. */
async function stopInTime(
  { log }: Stage,
  member: Member,
  { limitMs, isJudged } = { limitMs: STOPS_WITHIN_MS, isJudged: true },
): Promise<void> {
  const askedAtMs = performance.now()
  const late = Promise.withResolvers<'late'>()
  const timer = setTimeout(() => late.resolve('late'), limitMs)
  const exit = await Promise.race([member.terminate(), late.promise])
  clearTimeout(timer)
  if (exit === 'late') {
    const why = 'did not end in time'
    // Nobody can stop what another fault keeps frozen.
    const event = member.wasFrozenAfter(askedAtMs) ? 'fault.hindered' : 'violation.exit'
    log(event, { member: member.name, limitMs, why })
    await member.kill()
  } else if (isJudged && !isCleanStop(exit)) log('violation.exit', { member: member.name, exit })
}

async function startAll(members: readonly Member[]): Promise<void> {
  for (const member of members) member.start()
  await Promise.all(members.map((member) => member.ready()))
}
