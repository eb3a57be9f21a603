import { batchesOf } from './batches-of.ts'
import type { Contestant, Prepared } from './contestant.ts'
import { inParallel } from './in-parallel.ts'
import { type RedriveServices, startRedrive } from './redrive-services.ts'

const PER_REQUEST = 500
const REQUESTS_AT_ONCE = 2
/** Tasks for which every statement is planned and every module loaded. */
const WARM_UP = 2_000
const TASK = { type: 'math.add', input: { a: 2, b: 3 } }
const SETTINGS = { WORKER_CONCURRENCY: '500', WORKER_PREFETCH: '2000' }

/** From the first request to the last result, as fast as the api takes them. */
export const redriveBulk: Contestant = {
  name: 'Redrive, bulk',
  what: 'a task of POST /tasks/bulk, five hundred in a request, until its result is stored',
  prepare: () => prepareBulk((services, count) => submitAll(services, count)),
}

/** The same, with a delay that leaves every ticket to the dispatcher. */
export const redriveReleased: Contestant = {
  name: 'Redrive, bulk, released',
  what: 'the same where no ticket is published by the api: all go through release',
  prepare: () => prepareBulk((services, count) => submitAll(services, count, { delayMs: 1 })),
}

async function prepareBulk(
  submit: (services: RedriveServices, count: number) => Promise<void>,
): Promise<Prepared> {
  const services = await startRedrive(SETTINGS)
  const work = async (count: number): Promise<void> => {
    await submit(services, count)
    await services.untilAllEnded()
  }
  await work(WARM_UP)
  return { work, processes: services.processes, close: () => services.close() }
}

async function submitAll(
  { apiUrl, headers }: RedriveServices,
  count: number,
  changes: object = {},
): Promise<void> {
  await inParallel(REQUESTS_AT_ONCE, batchesOf(PER_REQUEST, count), async (size) => {
    const body = JSON.stringify(Array.from({ length: size }, () => ({ ...TASK, ...changes })))
    const response = await fetch(`${apiUrl}/api/v1/tasks/bulk`, { method: 'POST', headers, body })
    if (response.status !== 202) throw new Error(`${response.status}: ${await response.text()}`)
    await response.arrayBuffer()
  })
}
