import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Contestant } from './contestant.ts'
import { postMany } from './post-many.ts'
import { startRedrive } from './redrive-services.ts'

const CONNECTIONS = 64
const WARM_UP = 1_000
const BODY = JSON.stringify({ type: 'math.add', input: { a: 2, b: 3 } })

/** What HTTP and JSON alone cost in the same framework. */
export const bareKoa: Contestant = {
  name: 'bare Koa',
  what: 'a POST whose JSON is parsed and answered with the like of a task, nothing stored',
  async prepare() {
    const child = fork(join(import.meta.dirname, 'bare-koa-server.ts'))
    const [{ port }] = (await once(child, 'message')) as [{ readonly port: number }]
    const headers = { 'content-type': 'application/json' }
    const work = (count: number): Promise<void> =>
      postMany({ url: `http://127.0.0.1:${port}/`, headers, body: BODY, count, connections: CONNECTIONS })
    await work(WARM_UP)
    return {
      work,
      processes: new Map([[child.pid ?? 0, 'koa']]),
      async close() {
        child.kill()
        await once(child, 'exit')
      },
    }
  },
}

/** The same request to Redrive: each is stored before it is answered. The results come meanwhile, and are not waited for. */
export const redriveSingle: Contestant = {
  name: 'Redrive, single',
  what: 'a POST /tasks, answered when its task is committed, while workers run those before it',
  async prepare() {
    const services = await startRedrive()
    const { apiUrl, headers } = services
    const url = `${apiUrl}/api/v1/tasks`
    const work = (count: number): Promise<void> =>
      postMany({ url, headers, body: BODY, count, connections: CONNECTIONS })
    await work(WARM_UP)
    await services.untilAllEnded()
    return { work, processes: services.processes, close: () => services.close() }
  },
}
