import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { freePorts } from './free-ports.ts'
import { readState, writeState } from './kept-state.ts'
import { RABBITMQ_PORTS } from './rabbitmq-files.ts'
import type { RabbitMqPorts } from './rabbitmq-files.ts'

/** What a cluster must remember between starts: its data carry the nodes' names, and clients know the ports. */
export interface RabbitMqClusterState {
  readonly password: string
  readonly cookie: string
  readonly nodeNames: readonly string[]
  /** One set for each node; the port of epmd is the same in all. */
  readonly ports: readonly RabbitMqPorts[]
}

/** The state of an earlier start, or a new one for as many nodes. */
export async function keepClusterState(dataFolder: string, nodes: number): Promise<RabbitMqClusterState> {
  const file = join(dataFolder, 'state.json')
  const known = readState<RabbitMqClusterState>(file)
  if (known !== null) return known
  const id = randomBytes(6).toString('hex')
  const numbers = Array.from({ length: nodes }, (_, index) => index + 1)
  const state = {
    password: randomBytes(24).toString('hex'),
    cookie: randomBytes(16).toString('hex'),
    nodeNames: numbers.map((number) => `redrive-${id}-${number}@localhost`),
    ports: await portsOf(nodes),
  }
  writeState(file, state)
  return state
}

/** Chosen at once, so that no two nodes get the same one. */
async function portsOf(nodes: number): Promise<readonly RabbitMqPorts[]> {
  const names = Array.from({ length: nodes }, (_, node) =>
    RABBITMQ_PORTS.filter((name) => name !== 'epmd').map((name) => `${node} ${name}`),
  )
  const chosen: Record<string, number> = await freePorts(['epmd', ...names.flat()])
  return names.map((_, node) => {
    const of = (name: string): number => chosen[name === 'epmd' ? name : `${node} ${name}`] ?? 0
    return Object.fromEntries(RABBITMQ_PORTS.map((name) => [name, of(name)])) as RabbitMqPorts
  })
}
