import type { PrivatePostgres } from '@redrive/engines'
import type { Database } from '@redrive/shared/database'
import type pg from 'pg'
import type { TcpProxy } from '@redrive/shared/testing'
import type { Fleet } from './stage/fleet.ts'
import type { Random } from './random.ts'

export type Service = 'api' | 'dispatcher' | 'worker'
export type Engine = 'postgres' | 'rabbitmq'

/** Everything that a fault may lay its hands on. */
export interface Stage {
  readonly random: Random
  readonly fleet: Fleet
  readonly rabbitmq: BrokerControl
  readonly postgres: LedgerControl
  /** Straight to Postgres, past every proxy. */
  readonly ledger: Database
  /** Into the history. */
  readonly log: (event: string, detail?: object) => void
  /** Ends early when the run is broken off. */
  readonly sleep: (ms: number) => Promise<void>
}

/** The path of one process to one engine. */
export type Links = Readonly<Record<Engine, TcpProxy>>

/** One node of a cluster; `start`, `stop` and `kill` are idempotent. */
export interface ClusterNode {
  readonly name: string
  start(): Promise<void>
  stop(): Promise<void>
  kill(): Promise<void>
  pause(): void
  resume(): void
}

export interface ClusterControl {
  readonly members: readonly ClusterNode[]
  /** The node that leads the queue; null while nobody does. */
  leaderOf(queue: string): Promise<ClusterNode | null>
  /** Lets go on who is paused, starts who does not run, and waits until every node sees all others. */
  restore(): Promise<void>
  /** Waits until every node sees all others. */
  whole(): Promise<void>
  /** The node loses what it has and joins as a new member. */
  replace(node: ClusterNode): Promise<void>
}

/** The whole broker, of however many nodes. */
export interface BrokerNode {
  kill(): Promise<void>
  stop(): Promise<void>
  pause(): void
  resume(): void
  /** Removes what a stopped broker keeps. */
  forget(): void
  /** Runs `rabbitmqctl` and answers what it printed. */
  control(args: readonly string[]): Promise<string>
}

export interface BrokerControl {
  /** Null when it is one node, which is then `node`. */
  readonly cluster: ClusterControl | null
  readonly node: BrokerNode
  /** Of one node. */
  readonly amqpUrl: string
  readonly amqpUrls: readonly string[]
  readonly managementUrls: readonly string[]
  /** Calls the management API. Throws on any error status but 404 to a DELETE. */
  manage(method: 'DELETE' | 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<unknown>
  /** Starts the node again on its ports, whatever became of it. */
  start(): Promise<void>
  stop(): Promise<void>
}

export interface LedgerControl {
  readonly server: PrivatePostgres
  readonly databaseUrl: string
  start(): Promise<void>
  /** A connection past every proxy and pool. Rejects when the server takes none. */
  connect(): Promise<pg.Client>
}

/** One thing that can go wrong. */
export interface Fault {
  readonly name: string
  /** What it does, for the report's reader. */
  readonly meaning: string
  /** Without it, the fault is left out and named. */
  readonly needs?: 'cluster' | 'root'
  /** Two faults that do things to the process of the same engine are not made at once. */
  readonly handles?: Engine
  /** Makes it, holds it and heals it: when this resolves, nothing of it is left to undo. */
  readonly inject: (stage: Stage) => Promise<void>
}
