import type { Engine, Service } from '../stage.ts'
import type { Member } from './member.ts'

const PATIENCE_MS = 120_000

/** All service processes of the run. */
export class Fleet {
  readonly members: readonly Member[]

  constructor(members: readonly Member[]) {
    this.members = members
  }

  of(service: Service): readonly Member[] {
    return this.members.filter((member) => member.service === service)
  }

  /** Starts whoever does not run, lets go on whoever was paused, and waits until all of them are ready. */
  async restore(): Promise<void> {
    for (const member of this.members) {
      member.resume()
      member.start()
    }
    await Promise.all(this.members.map((member) => member.ready()))
  }

  /** Makes every path to the engines whole again. */
  restoreLinks(): void {
    for (const { links } of this.members) {
      for (const link of Object.values(links)) link.restore()
    }
  }

  linksTo(engine: Engine, service?: Service): readonly Member['links'][Engine][] {
    const members = service === undefined ? this.members : this.of(service)
    return members.map(({ links }) => links[engine])
  }

  /** Asks everybody to stop; whoever does not within two minutes is killed. */
  async stop(): Promise<void> {
    for (const member of this.members) member.resume()
    const stopped = Promise.all(this.members.map((member) => member.terminate()))
    const late = Promise.withResolvers<void>()
    const timer = setTimeout(() => late.resolve(), PATIENCE_MS)
    await Promise.race([stopped, late.promise])
    clearTimeout(timer)
    await Promise.all(this.members.map((member) => member.kill()))
  }
}
