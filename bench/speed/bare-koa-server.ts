// Answers what the api answers to a submission, and does nothing else.
import Koa from 'koa'

const ANSWER = {
  id: '01890000-0000-7000-8000-000000000001',
  type: 'math.add',
  lane: 'normal',
  state: 'queued',
  createdAt: '2026-01-01T00:00:00.000Z',
  runAt: '2026-01-01T00:00:00.000Z',
}

const app = new Koa()
app.use(async (context) => {
  const chunks: Buffer[] = []
  for await (const chunk of context.req) chunks.push(chunk as Buffer)
  const { input } = JSON.parse(Buffer.concat(chunks).toString()) as { readonly input: unknown }
  context.status = 202
  context.body = { ...ANSWER, input }
})
const server = app.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.send?.({ port: typeof address === 'object' ? address?.port : null })
})
