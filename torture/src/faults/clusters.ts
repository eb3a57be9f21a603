import { ERROR_QUEUE, laneQueue } from '@redrive/shared/broker'
import { LANES } from '@redrive/shared/task'
import type { ClusterControl, ClusterNode, Fault, Stage } from '../stage.ts'
import { within } from './within.ts'

const HEALS_WITHIN_MS = 120_000

/** Faults of a cluster of RabbitMQ nodes. Each ends with every node running and seeing all others. */
export const CLUSTER_FAULTS: readonly Fault[] = [
  clusterFault({
    name: 'kill-queue-leader',
    meaning: 'the node that leads the queue of a lane is killed for 1 to 10 s',
    hold: { least: 1_000, most: 10_000 },
    harm: async (stage, cluster) => (await leaderOfSome(stage, cluster)).kill(),
  }),
  clusterFault({
    name: 'freeze-queue-leader',
    meaning: 'the node that leads the queue of a lane is stopped for 2 to 20 s',
    hold: { least: 2_000, most: 20_000 },
    harm: async (stage, cluster) => (await leaderOfSome(stage, cluster)).pause(),
  }),
  clusterFault({
    name: 'lose-minority',
    meaning: 'any one node is killed for 2 to 15 s: everything goes on',
    hold: { least: 2_000, most: 15_000 },
    harm: async ({ random }, { members }) => random.pick(members).kill(),
  }),
  clusterFault({
    name: 'lose-majority',
    meaning: 'all nodes but one are killed for 2 to 12 s: nothing is confirmed meanwhile',
    hold: { least: 2_000, most: 12_000 },
    harm: async ({ random }, { members }) =>
      void (await Promise.all(
        random
          .shuffle(members)
          .slice(1)
          .map((node) => node.kill()),
      )),
  }),
  clusterFault({
    name: 'lose-every-node',
    meaning: 'all nodes are killed at once and started together',
    hold: { least: 0, most: 3_000 },
    harm: async (_, { members }) => void (await Promise.all(members.map((node) => node.kill()))),
  }),
  clusterFault({
    name: 'restart-node-by-node',
    meaning: 'each node is shut down in order and started again, one after the other',
    hold: { least: 0, most: 0 },
    harm: async (_, cluster) => {
      for (const node of cluster.members) {
        await node.stop()
        await node.start()
        await cluster.whole()
      }
    },
  }),
  clusterFault({
    name: 'replace-node',
    meaning: 'a node loses its disk, is forgotten by the others, and comes back as a new member',
    hold: { least: 0, most: 0 },
    harm: ({ random }, cluster) => cluster.replace(random.pick(cluster.members)),
  }),
]

interface ClusterHarm {
  readonly name: string
  readonly meaning: string
  readonly hold: { readonly least: number; readonly most: number }
  readonly harm: (stage: Stage, cluster: ClusterControl) => Promise<void>
}

function clusterFault({ name, meaning, hold, harm }: ClusterHarm): Fault {
  return {
    name,
    meaning,
    needs: 'cluster',
    handles: 'rabbitmq',
    inject: async (stage) => {
      const { cluster } = stage.rabbitmq
      if (cluster === null) throw new Error(`${name} needs a cluster`)
      try {
        await harm(stage, cluster)
        await stage.sleep(stage.random.int(hold.least, hold.most))
      } finally {
        await within(HEALS_WITHIN_MS, () => cluster.restore())
      }
    },
  }
}

async function leaderOfSome({ random, log }: Stage, cluster: ClusterControl): Promise<ClusterNode> {
  const queue = random.pick([...LANES.map((lane) => laneQueue(lane)), ERROR_QUEUE])
  const leader = (await cluster.leaderOf(queue)) ?? random.pick(cluster.members)
  log('fault.leader', { queue, leader: leader.name })
  return leader
}
