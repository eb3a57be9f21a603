import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { waitUntil } from './wait-until.ts'

/** Below the range from which Linux takes the ports of outgoing connections, so that none of these sits on a port kept for the next start. */
const LOWEST_PORT = 20_000
const HIGHEST_PORT = 32_000
const TRIES = 200
/** A guess: a killed node of 150 MB was seen to hold its port for some milliseconds. */
const LETTING_GO_MS = 1_000

/** Whether something could listen on this port of 127.0.0.1 at this moment. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}

/**
 * As many different free ports of 127.0.0.1 as there are names, the preferred ones where they are still free.
 * Nothing reserves them: whoever starts on them must be ready to ask again.
 */
export async function freePorts<Name extends string>(
  names: readonly Name[],
  preferred: Partial<Record<Name, number>> = {},
): Promise<Record<Name, number>> {
  const taken = new Set<number>()
  const ports: Partial<Record<Name, number>> = {}
  for (const name of names) {
    const port = await freePort(preferred[name], taken)
    taken.add(port)
    ports[name] = port
  }
  return ports as Record<Name, number>
}

/** A process that was killed is gone before its sockets are: the kernel closes them last. */
async function becomesFree(port: number): Promise<boolean> {
  return (await waitUntil(() => isPortFree(port), { deadlineMs: LETTING_GO_MS, everyMs: 50 })) === true
}

async function freePort(preferred: number | undefined, taken: ReadonlySet<number>): Promise<number> {
  if (preferred !== undefined && preferred > 0 && !taken.has(preferred) && (await becomesFree(preferred)))
    return preferred
  for (let tried = 0; tried < TRIES; tried++) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT)
    if (!taken.has(port) && (await isPortFree(port))) return port
  }
  throw new Error(`no free port among ${TRIES} tried between ${LOWEST_PORT} and ${HIGHEST_PORT} on 127.0.0.1`)
}
