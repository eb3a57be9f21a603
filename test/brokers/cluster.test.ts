import { beforeAll, expect, test } from '@jest/globals'
import { NORMAL } from '../../shared/test/broker/broker-harness.ts'
import { waitFor } from '@redrive/shared/testing'
import { startClusterLoad } from './cluster-load.ts'
import { startOwnCluster } from './own-broker.ts'

/** Of each publisher: enough to be sure that publishing goes on, over whichever node. */
const SOME = 50
const PATIENCE_MS = 300_000

let own: Awaited<ReturnType<typeof startOwnCluster>>

beforeAll(async () => {
  own = await startOwnCluster()
}, PATIENCE_MS)

test(
  'the node that leads a lane is killed under load: publishing goes on without it, and what was confirmed arrives',
  async () => {
    const { cluster, connect } = own
    const load = await startClusterLoad(connect)
    await load.confirmMore(SOME)

    const leader = await waitFor(() => cluster.leaderOf(NORMAL), 'a leader')
    await leader.kill()
    await load.confirmMore(SOME)
    await cluster.restore()
    await load.confirmMore(SOME)

    await load.finish()
    expect(load.outcomesSince(0)).not.toContain('returned')
  },
  PATIENCE_MS,
)

test(
  'without its majority nothing is confirmed; with it again everything that ever was confirmed arrives',
  async () => {
    const { cluster, connect } = own
    const load = await startClusterLoad(connect)
    await load.confirmMore(SOME)

    await Promise.all(cluster.members.slice(0, 2).map((member) => member.kill()))
    const begun = load.begun()
    // Whoever is left answers so, or does not let anybody publish.
    await waitFor(
      () => load.outcomesSince(begun).includes('unknown') || !load.isReady(),
      'an unknown outcome, or no channel',
      { deadlineMs: 60_000 },
    )
    expect(load.outcomesSince(begun).filter((outcome) => outcome !== 'unknown')).toEqual([])

    await cluster.restore()
    await load.confirmMore(SOME)
    await load.finish()
  },
  PATIENCE_MS,
)

test(
  'restarted node by node under load, the cluster serves all the time: what was confirmed arrives',
  async () => {
    const { cluster, connect } = own
    const load = await startClusterLoad(connect)

    for (const member of cluster.members) {
      await member.stop()
      await load.confirmMore(SOME)
      await cluster.restore()
    }

    await load.finish()
    expect(load.outcomesSince(0)).not.toContain('returned')
  },
  PATIENCE_MS,
)
