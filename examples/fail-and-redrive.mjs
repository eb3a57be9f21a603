// A thousand tasks of which every fifth fails; the dead are looked at and sent back with an input that works.
//   node examples/fail-and-redrive.mjs [count]
import { call, list, until } from './client.mjs'

const count = Number(process.argv[2] ?? 1_000)
const tag = `fail-and-redrive-${Date.now()}`
const task = { type: 'demo.work', input: { durationMs: 20, failureRate: 0.2 }, maxAttempts: 1, tags: [tag] }

const { ids } = await call(
  '/tasks/bulk',
  Array.from({ length: count }, () => task),
)
const mine = new Set(ids)
const dead = await until(async () => {
  const succeeded = await list(`/tasks?tag=${tag}&state=succeeded`)
  const letters = (await list('/dead-letters?type=demo.work&state=open')).filter((letter) =>
    mine.has(letter.taskId),
  )
  return succeeded.length + letters.length === count && letters
})
console.log(`${count - dead.length} results, ${dead.length} dead letters`)
if (dead.length > 0) console.log(`\nOne of them: ${dead[0].explanation}\n`)

for (const letter of dead) {
  const order = { input: { durationMs: 20, failureRate: 0 }, reason: 'the example mends the input' }
  await call(`/dead-letters/${letter.id}/redrive`, order)
}
const succeeded = await until(async () => {
  const tasks = await list(`/tasks?tag=${tag}&state=succeeded`)
  return tasks.length === count && tasks
})
console.log(
  `${dead.length} redriven with failureRate 0, and now ${succeeded.length} of ${count} have succeeded`,
)

if (dead.length > 0) {
  const { id, attempts, deadLetters } = await call(`/tasks/${dead[0].taskId}`)
  console.log(`\nBoth lives of task ${id}:`)
  for (const { attempt, dispatch, outcome } of attempts)
    console.log(`  attempt ${attempt}, dispatch ${dispatch}: ${outcome}`)
  for (const letter of deadLetters) console.log(`  dead letter ${letter.id}: ${letter.state}`)
}
