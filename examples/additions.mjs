// Ten thousand additions in one request, and every sum checked.   node examples/additions.mjs [count]
import { call, list, until } from './client.mjs'

const count = Number(process.argv[2] ?? 10_000)
const tag = `additions-${Date.now()}`
// Far beyond what a double holds, so that a rounded sum would be noticed.
const base = 10n ** 30n
const tasks = Array.from({ length: count }, (_, n) => ({
  type: 'math.add',
  input: { a: String(base + BigInt(n)), b: n },
  tags: [tag],
}))

const startedAt = performance.now()
const { accepted, ids } = await call('/tasks/bulk', tasks)
console.log(`accepted ${accepted} tasks in ${Math.round(performance.now() - startedAt)} ms`)

const done = await until(async () => {
  const tasks = await list(`/tasks?tag=${tag}&state=succeeded`)
  return tasks.length === count && tasks
})
const sums = new Map(done.map((task) => [task.id, task.result.sum]))
const wrong = ids.filter((id, n) => sums.get(id) !== String(base + 2n * BigInt(n)))
console.log(
  `${count - wrong.length} of ${count} sums are right, after ${Math.round(performance.now() - startedAt)} ms`,
)
process.exitCode = wrong.length === 0 ? 0 : 1
