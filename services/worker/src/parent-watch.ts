// A thread of a process that runs one attempt alone: it ends the process when its worker is gone. A thread, because a
// handler that blocks keeps the main one from seeing that its channel is closed.
import { workerData } from 'node:worker_threads'

/** Soon enough that the attempt does not go on for long beside the next one, which starts a second later at the soonest. */
const LOOK_EVERY_MS = 500

setInterval(() => {
  // n.b. An orphan gets another parent, so the number changes. Windows leaves it as it is, and only `disconnect` helps.
  if (process.ppid !== workerData) process.kill(process.pid, 'SIGKILL')
}, LOOK_EVERY_MS)
