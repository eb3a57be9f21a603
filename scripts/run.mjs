// Runs on the machine's own Node before anything is installed: built-in modules only, and old syntax up to the version check.
import { requireNode } from './launch/require-node.mjs'

requireNode()
const { handOver } = await import('./launch/hand-over.mjs')
const [script, ...args] = process.argv.slice(2)
await handOver(script, args)
