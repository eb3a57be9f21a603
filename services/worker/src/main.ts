import { endLike } from './end-like.ts'
import { WorkerKeeper } from './worker-keeper.ts'

// The parent of the worker: small, because all that it does is to start it again.
const keeper = new WorkerKeeper()
process.on('SIGTERM', (signal) => keeper.stop(signal))
process.on('SIGINT', (signal) => keeper.stop(signal))
endLike(await keeper.run())
