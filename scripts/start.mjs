// Runs on the machine's own Node before anything is installed: built-in modules only, and old syntax up to the version check.
import { requireNode } from './launch/require-node.mjs'

const HELP = `npm start: runs Redrive on this machine.

It installs what is missing, brings up RabbitMQ and Postgres (or uses the addresses in the environment or .env),
migrates the ledger, and starts api, dispatcher and one worker. Ctrl-C stops everything; data stay under .redrive.

  npm start                 start, or start again with the data of the last time
  npm start -- --reset      start with empty engines (private ones only)
  npm start -- --help       this text

Settings come from the environment and .env; .env.example lists them all.`

requireNode()
const { parseArgs } = await import('node:util')
const { handOver } = await import('./launch/hand-over.mjs')

const options = readOptions()
if (options.help) console.log(HELP)
else await handOver('scripts/run-start.ts', options.reset ? ['--reset'] : [])

function readOptions() {
  try {
    return parseArgs({ options: { help: { type: 'boolean' }, reset: { type: 'boolean' } } }).values
  } catch (error) {
    console.error(`${error.message}\n\n${HELP}`)
    process.exit(2)
  }
}
