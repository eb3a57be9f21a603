// The thread that `WorkerLease` starts: nothing runs here but the lease, and the look at whether the main thread still turns.
import { parentPort, workerData } from 'node:worker_threads'
import { createSession } from '@redrive/shared/database'
import { LeaseKeeper } from './lease-keeper.ts'
import { watchStall } from './stall-watch.ts'
import type { LeaseNews, LeaseOrder, LeasePlan } from './worker-lease.ts'

const plan = workerData as LeasePlan
const tell = (news: LeaseNews): void => parentPort?.postMessage(news)

const keeper = new LeaseKeeper({
  ...plan,
  tell,
  openSession: (onLost) =>
    createSession({
      url: plan.databaseUrl,
      applicationName: `redrive worker lease ${plan.worker.id}`,
      // A renewal that takes longer than this would come too late to leave room for another.
      statementTimeoutMs: Math.ceil(plan.leaseMs / 3),
      // Then the lease is over as well, and the lock of a connection that nobody has any more must not keep us out.
      silentAfterMs: plan.leaseMs,
      onLost,
    }),
})

parentPort?.on('message', (order: LeaseOrder) => {
  if (order === 'drain') keeper.drain()
  else void keeper.stop(order === 'end').then(() => tell({ kind: 'ended' }))
})

keeper.start()
if (plan.stall !== null) watchStall(plan.stall)
