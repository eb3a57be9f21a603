const OLDEST = 20

/** Ends the process with a clear message when this Node is too old even to install with. */
export function requireNode() {
  if (Number(process.versions.node.split('.')[0]) >= OLDEST) return
  console.error(
    'Redrive needs Node ' +
      OLDEST +
      ' or newer to start; this is ' +
      process.version +
      ' (' +
      process.execPath +
      ').\n' +
      'Install a newer Node, then run the same command again. Everything else is installed by it.',
  )
  process.exit(1)
}
