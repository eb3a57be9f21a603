import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

// The process that runs one attempt alone: a worker starts it, hands it the attempt, and hears the outcome.
// Sources lose their types at each start, which takes as long as all the rest unless it is remembered; a build has none
// to lose. Measured, either takes 160 to 175 ms until its handler begins.
if (import.meta.url.endsWith('.ts')) {
  enableCompileCache(fileURLToPath(new URL('../../../.redrive/compile-cache', import.meta.url)))
}
await import('./attend-attempt.ts')
