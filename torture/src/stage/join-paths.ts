import type { TcpProxy } from '@redrive/shared/testing'

/** The paths to the nodes of one cluster as one path: what is done to it is done to each. Needs at least one. */
export function joinPaths(paths: readonly TcpProxy[]): TcpProxy {
  const [first] = paths
  if (first === undefined) throw new RangeError('There is no path to join.')
  if (paths.length === 1) return first
  const each = (act: (path: TcpProxy) => void): void => paths.forEach((path) => act(path))
  return {
    host: first.host,
    port: first.port,
    get connections() {
      return paths.reduce((sum, { connections }) => sum + connections, 0)
    },
    // As many addresses as there are nodes, with commas, in the same order.
    through: (urls) =>
      urls
        .split(',')
        .map((url, index) => (paths[index] ?? first).through(url))
        .join(),
    cut: () => each((path) => path.cut()),
    reset: () => each((path) => path.reset()),
    blackhole: (direction) => each((path) => path.blackhole(direction)),
    delay: (delayMs, options) => each((path) => path.delay(delayMs, options)),
    throttle: (bytesPerSecond) => each((path) => path.throttle(bytesPerSecond)),
    split: (pieceBytes) => each((path) => path.split(pieceBytes)),
    abandon: (end) => each((path) => path.abandon(end)),
    // The others go on waiting until all is restored.
    closeAfter: (pattern, options) => Promise.race(paths.map((path) => path.closeAfter(pattern, options))),
    resetAfter: (bytes, direction) => Promise.race(paths.map((path) => path.resetAfter(bytes, direction))),
    restore: () => each((path) => path.restore()),
    stop: async () => void (await Promise.all(paths.map((path) => path.stop()))),
  }
}
