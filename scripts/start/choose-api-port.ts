import { isPortFree } from '@redrive/engines'

const DEFAULT_PORT = 3_000
const TRIES = 100

/**
 * The port that was asked for, which must be free, else 3000 or the next free one.
 * `isInstead` says that another than the usual one had to be taken.
 */
export async function chooseApiPort(
  asked: string | undefined,
): Promise<{ port: number; isInstead: boolean }> {
  if (asked !== undefined && asked !== '') {
    const port = Number(asked)
    // What is no port at all is left to the api, whose settings explain it.
    if (Number.isInteger(port) && port > 0 && port < 65_536 && !(await isPortFree(port))) {
      throw new Error(
        `PORT is ${port}, and something else listens there.\n→ Stop it, or choose another PORT.`,
      )
    }
    return { port, isInstead: false }
  }
  for (let port = DEFAULT_PORT; port < DEFAULT_PORT + TRIES; port++) {
    if (await isPortFree(port)) return { port, isInstead: port !== DEFAULT_PORT }
  }
  throw new Error(
    `The ports ${DEFAULT_PORT} to ${DEFAULT_PORT + TRIES} are all taken.\n→ Set PORT to a free one.`,
  )
}
